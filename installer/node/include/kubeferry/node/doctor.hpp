// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/node/status.hpp>
#include <kubeferry/preflight/check.hpp>

// What helps somebody who was not there to understand a node (docs/operating.md).
namespace kubeferry::node {

/// `text` without what lets its reader in: the secret half of bootstrap tokens, private keys in PEM, certificate keys,
/// JSON web tokens, what follows Basic and Bearer, and the values of `password`, `token`, `authorization`,
/// `certificate-key`, `client-key-data` and their like in JSON, YAML, TOML and on command lines; also of
/// `more_keys` (lower case). Rather too much goes than too little.
[[nodiscard]] std::string redact(std::string_view text, std::span<const std::string_view> more_keys = {});

/// Preflight's findings for this node as it is: what its own installation occupies is none.
[[nodiscard]] std::vector<preflight::Finding> findings_of(const host::Host& host, const steps::Journal& journal);

struct SupportFile {
  std::string name;  ///< in the archive: at most 80 bytes
  std::string text;
};
/// Status, findings, journal, logs, configuration, network, and what the cluster says of nodes, Pods and events, all of
/// it redacted. Never keys, kubeconfigs or kubeadm's documents. What could not be had is named in "missing.txt".
[[nodiscard]] std::vector<SupportFile> collect(const host::Host& host, const NodeStatus& status,
                                               const std::vector<preflight::Finding>& findings);

/// Writes them as a tar archive in zstd, mode 0600. usage error when `path` exists; io errors.
Status write_support_archive(const std::filesystem::path& path, std::span<const SupportFile> files);

}  // namespace kubeferry::node

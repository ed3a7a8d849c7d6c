// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <kubeferry/installer/client_configuration.hpp>
#include <kubeferry/installer/mirror.hpp>

// What a mirror leaves for the people and machines that use it. All but write_files() are pure.
namespace kubeferry::installer {

/// mapping.txt: a line for each name, "source@digest=target@digest status".
[[nodiscard]] std::string mapping_text(const MirrorResult& result);

/// missing.txt: a line for each item, "name: reason". Empty when nothing is missing.
[[nodiscard]] std::string missing_text(const MirrorResult& result);

/// Where a source's images went: a registry as a whole when all its paths were kept behind one prefix, else single
/// repositories. Sorted; the longest source that fits is the one that applies.
[[nodiscard]] std::vector<Redirect> mirrored_redirects(const MirrorResult& result, const MirrorTarget& target,
                                                       bool plain_http);

/// Everything for one mirror: mapping.txt, missing.txt (when something is missing), certs.d/<registry>/hosts.toml,
/// registries.conf, kubeadm.yaml. `ca_pem` is the target's CA, empty when the system knows it; it is put beside them.
/// containerd cannot rename single repositories: its files say in a comment what must be asked for by its new name.
[[nodiscard]] std::vector<ConfigurationFile> mirror_files(const MirrorResult& result, const MirrorTarget& target,
                                                          bool plain_http, std::string_view ca_pem);

/// Writes `files` below `directory`, which is made when missing. io errors.
Status write_files(const std::filesystem::path& directory, const std::vector<ConfigurationFile>& files);

}  // namespace kubeferry::installer

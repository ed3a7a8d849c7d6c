// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/base/result.hpp>
#include <kubeferry/base/text.hpp>
#include <kubeferry/crypto/secret.hpp>
#include <kubeferry/host/host.hpp>
#include <kubeferry/kubeadm/program.hpp>

// What kubeadm does in a cluster that runs, on a control plane: it uses /etc/kubernetes/admin.conf.
namespace kubeferry::kubeadm {

inline constexpr std::string_view k_admin_kubeconfig = "/etc/kubernetes/admin.conf";

/// A bootstrap token without its secret part.
struct Token {
  std::string id;
  std::string description;
  std::optional<TimePoint> expires;  ///< nothing: never
  std::vector<std::string> usages;
  std::vector<std::string> groups;
};

/// All of the cluster's. io errors of running kubeadm, with what it says.
Result<std::vector<Token>> list_tokens(const host::Host& host, const Program& program);

struct NewToken {
  const crypto::SecretText* token = nullptr;
  std::chrono::seconds ttl{std::chrono::hours(2)};
  std::string description;
};
/// Makes a token of the caller's. usage error when it is not well-formed; io errors.
Status create_token(const host::Host& host, const Program& program, const NewToken& token);
/// By its public part, so that no secret is on a command line. usage error when `id` is none; io errors.
Status delete_token(const host::Host& host, const Program& program, std::string_view id);

/// Puts the certificates of a control plane into the cluster for two hours, encrypted with `key`, so that another one
/// can join. `cluster` is the ClusterConfiguration that the cluster keeps. usage error for a key or configuration that
/// is none; io errors.
Status upload_certificates(const host::Host& host, const Program& program, const crypto::SecretText& key,
                           std::string_view cluster);

/// A certificate or kubeconfig that kubeadm made.
struct Certificate {
  std::string name;  ///< kubeadm's: "apiserver", "admin.conf", "etcd-ca"
  bool authority = false;
  std::optional<TimePoint> expires;  ///< to the minute; nothing: missing
  bool externally_managed = false;
};
/// `kubeadm certs check-expiration`. io errors; format error when no certificate is listed.
Result<std::vector<Certificate>> certificates(const host::Host& host, const Program& program);
/// Its output, read; format error as above.
Result<std::vector<Certificate>> parse_certificates(std::string_view output);

}  // namespace kubeferry::kubeadm

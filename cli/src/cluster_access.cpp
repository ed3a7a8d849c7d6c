// SPDX-License-Identifier: Apache-2.0
#include "cluster_access.hpp"

#include <unistd.h>

#include <kubeferry/node/after_init.hpp>

namespace kubeferry::cli {

namespace {

Result<std::string> program(const host::Host& host, std::string_view name) {
  if (auto path = host.program(name)) {
    return std::move(*path);
  }
  return Failure(Error{ExitCode::unsupported_host,
                       fmt::format("there is no {} on this host", name),
                       "run it on a control-plane node",
                       {}});
}

}  // namespace

Result<ClusterAccess> cluster_access(const host::Host& host, std::string_view command) {
  if (::geteuid() != 0) {
    return Failure(Error{ExitCode::unsupported_host,
                         fmt::format("{} uses {}, so it must be run by root", command, node::k_admin_conf),
                         "put sudo before it",
                         {}});
  }
  if (!host.exists(node::k_admin_conf)) {
    return Failure(Error{ExitCode::unsupported_host,
                         fmt::format("there is no {} on this host: it is no control plane", node::k_admin_conf),
                         fmt::format("run `kubeferry {}` on a control-plane node", command),
                         {}});
  }
  KF_TRY_ASSIGN(std::string kubectl, program(host, "kubectl"));
  KF_TRY_ASSIGN(std::string path, program(host, "kubeadm"));
  KF_TRY_ASSIGN(kubeadm::Program found, kubeadm::find_program(host, std::move(path)));
  return ClusterAccess{std::move(kubectl), std::move(found)};
}

}  // namespace kubeferry::cli

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <kubeferry/host/host.hpp>
#include <kubeferry/host/memory_program.hpp>
#include <kubeferry/kubeadm/documents.hpp>
#include <kubeferry/node/node_files.hpp>
#include <kubeferry/platforms/platform.hpp>
#include <kubeferry/preflight/facts.hpp>
#include <kubeferry/runtime/detect.hpp>
#include <kubeferry/source/node_source.hpp>
#include <kubeferry/steps/journal.hpp>

// What init and join must know before they can say what they would change. Nothing here changes anything.
namespace kubeferry::node {

struct Survey {
  const platforms::Platform* platform = nullptr;
  preflight::Facts facts;
  runtime::Detected detected;
  runtime::Choice runtime;
  NodeFiles files;
  catalog::KubernetesVersion kubernetes;             ///< of the bundle, and so of its kubeadm
  std::string kubeadm;                               ///< a path that can be run now: the host's own, or from memory
  std::string node_name;                             ///< the host's name, as the kubelet spells it
  std::string address;                               ///< on the default route, or the only one; empty: must be given
  std::optional<host::MemoryProgram> kubeadm_image;  ///< behind `kubeadm`
};

/// unsupported_host error (row M19) naming both when the bundle is not for this machine; usage when it has no
/// Kubernetes; errors of runtime::detect(), runtime::choose() and of reading the bundle.
Result<Survey> survey(const host::Host& host, const source::NodeSource& source, const steps::Journal& journal,
                      const std::string& cri_socket);

/// The address that others reach this host by: on the interface of its default route, IPv4 before IPv6; else the only
/// one there is; empty otherwise.
[[nodiscard]] std::string own_address(const preflight::Network& network);

}  // namespace kubeferry::node

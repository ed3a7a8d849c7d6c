// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <kubeferry/installer/client_configuration.hpp>
#include <kubeferry/node/kubectl.hpp>
#include <kubeferry/steps/run.hpp>

// What the cluster itself remembers of kubeferry: ConfigMap kube-system/kubeferry. No secrets. So a join pack that is
// made on any control-plane node knows every node that serves.
namespace kubeferry::node {

/// A node that serves the bundle.
struct ServingNode {
  std::string node;
  installer::RegistryPlace place;
  std::string ca_pem;  ///< empty: the system's authorities
};

struct ClusterRecord {
  std::string bundle_manifest;  ///< "sha256:…"
  std::vector<ServingNode> serving;

  [[nodiscard]] std::vector<installer::RegistryPlace> places() const;  ///< each once
  [[nodiscard]] std::string authorities() const;                       ///< PEM, each once
};

[[nodiscard]] Json to_json(const ClusterRecord& record);
/// format errors.
Result<ClusterRecord> parse_cluster_record(std::string_view text);

/// An empty record when there is none. io and format errors.
Result<ClusterRecord> read_cluster_record(const Kubectl& kubectl);

/// Adds `self` to what the cluster remembers, or brings it up to date.
[[nodiscard]] std::unique_ptr<const steps::Step> record_serving(std::string kubectl, std::string bundle_manifest,
                                                                ServingNode self);

/// Undo of that: takes the node out of it, as long as an API server answers and other nodes serve. Never fails a reset;
/// what did not work is a warning.
Status forget_serving(const host::Host& host, const steps::Entry& entry, steps::Backups& backups,
                      const std::function<void(std::string_view)>& warning);

}  // namespace kubeferry::node

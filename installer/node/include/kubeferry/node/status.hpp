// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <kubeferry/base/json.hpp>
#include <kubeferry/base/text.hpp>
#include <kubeferry/host/host.hpp>
#include <kubeferry/kubeadm/cluster.hpp>
#include <kubeferry/node/cluster_state.hpp>
#include <kubeferry/steps/journal.hpp>

// How a node is (docs/operating.md). Looks, and changes nothing.
namespace kubeferry::node {

struct ProgramState {
  std::string name;
  std::string path;
  std::string version;  ///< without "v"; empty: it does not say
};

struct UnitState {
  std::string name;  ///< "kubelet.service"
  bool active = false;
};

/// What was installed here, as the journal has it.
struct Installation {
  std::string verb;         ///< "init", "join"; empty: nothing was
  std::string bundle;       ///< digest of its manifest
  std::string bundle_name;  ///< name and version
  std::string kubernetes;
  std::string node;
  std::string cri_socket;
  std::size_t steps_done = 0;
  std::size_t steps_begun = 0;  ///< and not known to be done
  std::string unfinished;       ///< the verb of a run that has not ended
};

struct ImageState {
  std::size_t compared = 0;
  std::vector<std::string> wrong;  ///< "REFERENCE: is not there"
  std::string unchecked;           ///< why they were not compared; empty when they were
};

struct NodeStatus {
  bool installed = false;  ///< the host holds something that kubeferry did; nothing below counts otherwise
  bool control_plane = false;
  Installation installation;
  std::vector<ProgramState> programs;
  std::vector<UnitState> units;  ///< of those that have a file; empty on a host without systemd
  std::vector<kubeadm::Certificate> certificates;
  std::vector<kubeadm::Token> tokens;
  ImageState images;
  std::vector<NodeState> nodes;  ///< on a worker its own only; so the Pods
  std::vector<PodState> pods;
  std::vector<steps::Record> records;  ///< the newest ten
  std::vector<std::string> problems;   ///< what is wrong, a line each
  std::vector<std::string> warnings;   ///< what soon will be
};

/// Asks the host, its programs and the cluster. What cannot be asked is a problem in the answer, never an error.
[[nodiscard]] NodeStatus status(const host::Host& host, const steps::Journal& journal, TimePoint now);

/// Certificates that expire within 30 days as warnings, expired ones as problems.
void judge_certificates(NodeStatus& status, TimePoint now);
/// Nodes that are not Ready, and Pods that are neither that nor finished, as problems.
void judge_cluster(NodeStatus& status);

/// {"installed", "installation", "programs", "units", "certificates", "tokens", "images", "nodes", "pods", "journal",
/// "problems", "warnings"}; {"installed": false} alone for a host without any of it.
[[nodiscard]] Json to_json(const NodeStatus& status);
/// For people. Safe for a terminal.
[[nodiscard]] std::string to_text(const NodeStatus& status, TimePoint now);

}  // namespace kubeferry::node

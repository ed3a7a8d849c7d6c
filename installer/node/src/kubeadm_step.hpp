// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <kubeferry/kubeadm/program.hpp>
#include <kubeferry/node/talk.hpp>
#include <kubeferry/steps/run.hpp>
#include <kubeferry/steps/step.hpp>

namespace kubeferry::node {

struct KubeadmRun {
  enum class Verb { init, join };
  Verb verb = Verb::init;
  kubeadm::Program program;            ///< installed by then
  std::string configuration;           ///< path
  std::vector<std::string> arguments;  ///< Documents::arguments
  std::string cri_socket;
  std::string certificates_dir;
  std::string log;                                                 ///< path
  std::chrono::seconds timeout{};                                  ///< for all of it
  std::shared_ptr<std::chrono::steady_clock::duration> elsewhere;  ///< what kubeadm takes is added to it
  Talk talk;
};

/// `kubeadm init` or `kubeadm join` as one step. It cannot be resumed: what an earlier try of ours left half-made is
/// reset by kubeadm before the next.
[[nodiscard]] std::unique_ptr<const steps::Step> kubeadm_step(KubeadmRun run);

/// Undo of it: `kubeadm reset`, then remove_leftovers().
void add_kubeadm_undoer(steps::Undoers& undoers, const Talk& talk);

}  // namespace kubeferry::node

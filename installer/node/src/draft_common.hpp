// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <kubeferry/node/install.hpp>
#include <kubeferry/node/needs.hpp>
#include <kubeferry/node/survey.hpp>
#include <kubeferry/preflight/question.hpp>

#include "kubeadm_step.hpp"

// What drafting an init and drafting a join have in common.
namespace kubeferry::node {

/// Everything that a plan's steps refer to while they run.
struct Held {
  std::shared_ptr<const source::NodeSource> source;
  Survey survey;
};

/// kubeadm's defaults on this host: address, socket, cgroup driver by what runs as process 1.
[[nodiscard]] kubeadm::Defaults defaults_of(const Survey& survey);

/// "unix:///run/containerd/containerd.sock" or what the user said, for runtime::choose().
[[nodiscard]] std::string wanted_socket(const CommonOptions& options);

/// The user's flags about the node. Who says failCgroupV1: false on a host with cgroup v1 means kubeadm's own check of
/// it, too.
[[nodiscard]] kubeadm::NodeFlags node_flags(const CommonOptions& options, const Survey& survey, bool fail_cgroup_v1);

/// Adds to `question` what the documents and the journal say.
void complete(preflight::Question& question, const CommonOptions& options, const kubeadm::Facts& facts,
              const steps::Journal& journal);

/// What of the host `journal` says is ours: no findings. Also for doctor.
void claim_ours(preflight::Question& question, const steps::Journal& journal, std::uint16_t registry_port);

/// Steps that bring the images, in order: pulled, or imported out of the bundle. unsupported_host when they are to be
/// imported into CRI-O, which has no word for it.
Result<steps::Plan> image_steps(const Held& held, const CommonOptions& options, const std::string& cri_socket,
                                const std::vector<runtime::WantedImage>& images, const Talk& talk);

/// A secret that stays the same over the runs of one installation: what `path` holds, else `make`'s.
Result<crypto::SecretText> lasting_secret(const host::Host& host, const std::string& path,
                                          const std::function<Result<crypto::SecretText>()>& make);

/// A draft with all that the survey and kubeadm's documents say: programs, what is kept, the journal's facts.
[[nodiscard]] Draft begin_draft(preflight::Role role, std::shared_ptr<const Held> held, const kubeadm::Facts& facts);

/// Steps that write kubeadm's documents as `name` (root's alone), and that run it with them; `patience` is what it was
/// told to wait for each part.
void add_configuration(steps::Plan& plan, const kubeadm::Documents& documents, std::string_view name);
void add_kubeadm(Draft& draft, const Held& held, const kubeadm::Documents& documents, KubeadmRun::Verb verb,
                 std::chrono::seconds patience, const Talk& talk);

/// Applies the plan, then does `wait`, and measures; what `wait` takes is not ours. The run is over in the journal
/// either way.
Result<Outcome> carry_out(const host::Host& host, const Draft& draft, std::string_view verb, steps::Journal& journal,
                          const Talk& talk, const std::function<Status()>& wait);

/// Every kind of step that init and join use.
[[nodiscard]] steps::Undoers undoers(const Talk& talk);

}  // namespace kubeferry::node

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/base/stream.hpp>
#include <kubeferry/bundle/manifest.hpp>
#include <kubeferry/host/host.hpp>
#include <kubeferry/steps/step.hpp>

// The bundle's files on this node: which of them, and which programs are then used.
namespace kubeferry::node {

using OpenBlob = std::function<Result<std::unique_ptr<Source>>(const crypto::Digest&)>;

struct NodeFiles {
  steps::Plan plan;                             ///< one step for each file that is to be there
  std::map<std::string, std::string> programs;  ///< by name ("kubeadm"): the path that is used after the plan
  std::vector<std::string> kept;                ///< for people: what the host has already, and why that is used
};

/// The rows of `files` for `platform` as steps. Where the host's own packages put a program that fits (the Kubernetes
/// programs in exactly the bundle's version; containerd from 1.6 on, together with its runc; any crictl), that one is
/// used and ours is left out. `version_of` says what a program answers to being asked for its version, as numbers
/// ("1.6.20"); empty when it does not say.
NodeFiles node_files(const host::Host& host, const std::vector<bundle::FileRow>& files,
                     const std::function<std::uint64_t(const crypto::Digest&)>& size_of, std::string_view platform,
                     std::string_view kubernetes, const OpenBlob& open,
                     const std::function<std::string(const std::string& program)>& version_of);

/// The version in what `program` prints when it is asked for it (`kubeadm version -o short`, `kubelet --version`,
/// `containerd --version`, `runc --version`, `crictl --version`), without a leading "v"; empty when it cannot be asked
/// or says none.
[[nodiscard]] std::string program_version(const host::Host& host, const std::string& program);

}  // namespace kubeferry::node

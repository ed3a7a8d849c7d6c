// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include <kubeferry/base/result.hpp>
#include <kubeferry/host/host.hpp>

// `kubeadm reset` empties directories in which the site may have had files before kubeadm was first run: its own
// certificate authority, manifests of its own static Pods, the kubelet's credentials. They are kept, and given back.
namespace kubeferry::node {

/// Whether keep_files() was done on this host: only then can anything there be kubeadm's.
[[nodiscard]] bool files_are_kept(const host::Host& host);

/// Keeps, durably, what is in /etc/kubernetes, in `certificates_dir`, and directly in /var/lib/kubelet. To be called
/// once, before kubeadm runs for the first time. io and no_space errors; then nothing counts as kept.
Status keep_files(const host::Host& host, const std::string& certificates_dir);

/// Puts back what of that is missing, with content, owner and mode. A file that is another one by now is kept beside
/// it under a name that `warning` says. Nothing happens when nothing was kept. io, integrity and no_space errors.
Status give_files_back(const host::Host& host, const std::function<void(std::string_view)>& warning);

}  // namespace kubeferry::node

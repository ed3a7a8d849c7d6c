// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/base/result.hpp>
#include <kubeferry/builder/lock.hpp>
#include <kubeferry/builder/upstream.hpp>
#include <kubeferry/catalog/catalog.hpp>
#include <kubeferry/catalog/needs.hpp>
#include <kubeferry/catalog/spec.hpp>

namespace kubeferry::builder {

struct ResolveOptions {
  TimePoint created;      ///< becomes the lock's
  std::size_t jobs = 16;  ///< how many things are asked for at once
  /// Ask the release's own kubeadm for its image list where this machine can run it. When it cannot, `warn` says why
  /// and the catalog alone decides.
  bool ask_kubeadm = true;
  std::filesystem::path
      program;  ///< the running program: others for the spec's platforms lie beside it (own_program())
  std::function<void(std::string_view)> warn;
  std::stop_token stop;
};

struct Resolution {
  Lock lock;
  /// Small documents fetched on the way (indexes, manifests, configurations, CNI manifests), so that a build that
  /// follows need not fetch them again.
  std::map<crypto::Digest, Bytes> documents;
  /// What was skipped by `missing: skip`, for people.
  std::vector<std::string> skipped;
};

/// Asks the upstreams what everything in `spec` means now.
///
/// network error when something does not exist, naming it; usage error when a platform is missing and the spec says
/// `missing: fail`; integrity error when a download is not what its published checksum or the spec says, or the
/// release's kubeadm prints another image list than the catalog has; format and limit errors of what upstreams sent.
Result<Resolution> resolve(const catalog::Spec& spec, const catalog::Catalog& catalog, Upstream& upstream,
                           const ResolveOptions& options);

}  // namespace kubeferry::builder

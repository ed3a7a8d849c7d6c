// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/base/progress.hpp>
#include <kubeferry/base/result.hpp>
#include <kubeferry/builder/plan.hpp>
#include <kubeferry/builder/upstream.hpp>
#include <kubeferry/crypto/key.hpp>

namespace kubeferry::builder {

struct FetchOptions {
  std::filesystem::path output;
  std::size_t jobs = 16;                        ///< transfers from registries at once
  std::vector<const crypto::PrivateKey*> keys;  ///< each adds a signature; not owned
  Progress* progress = nullptr;
  std::stop_token stop;
};

struct Built {
  crypto::Digest manifest;
  std::uint64_t bytes = 0;  ///< of the finished file
};

/// Fetches what `plan` says, by digest, and writes the bundle to `options.output`: raw blobs in parallel straight to
/// their final places, downloads one after the other through the compressor, everything hashed as it arrives.
///
/// On any error, and when `stop` is requested, OUTPUT.partial and its journal stay, and the same call goes on there.
/// integrity error when an upstream serves other content than the lock says; a reference whose digest is gone says
/// what its tag names now. Errors of bundle::Writer, net and registry.
Result<Built> fetch_and_write(BuildPlan plan, const Lock& lock, Upstream& upstream, const FetchOptions& options);

/// Bytes that will be fetched for `plan`.
[[nodiscard]] std::uint64_t fetch_bytes(const BuildPlan& plan, const Lock& lock);

}  // namespace kubeferry::builder

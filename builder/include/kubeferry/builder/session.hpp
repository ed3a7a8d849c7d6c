// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/base/progress.hpp>
#include <kubeferry/base/result.hpp>
#include <kubeferry/builder/build.hpp>
#include <kubeferry/builder/resolve.hpp>
#include <kubeferry/catalog/catalog.hpp>
#include <kubeferry/crypto/key.hpp>

namespace kubeferry::builder {

/// Where a run's lines for people go.
struct Talk {
  std::function<void(std::string_view)> info;
  std::function<void(std::string_view)> warn;
};

struct LockRequest {
  std::filesystem::path spec;
  std::filesystem::path output;  ///< also the lock to compare with, when it exists
  std::size_t jobs = 16;
  bool ask_kubeadm = true;
  TimePoint now;  ///< SOURCE_DATE_EPOCH or the clock
  Talk talk;
  std::stop_token stop;
};

struct LockReport {
  Lock lock;
  std::vector<std::string> changed;  ///< against the lock that was there before; everything is new without one
  std::vector<std::string> skipped;
};

/// `kubeferry lock`: resolves the spec and writes the lock atomically. When nothing changed, the old lock stays as it
/// is, so that its time does too. Errors of load_spec() and resolve().
Result<LockReport> lock_spec(const catalog::Catalog& catalog, const LockRequest& request);

struct BuildRequest {
  std::filesystem::path spec;
  std::filesystem::path output;               ///< empty: NAME-VERSION.tar.zst in the current folder
  std::optional<std::filesystem::path> lock;  ///< empty: SPEC's name with .lock when that exists, else none
  std::size_t jobs = 16;
  bool ask_kubeadm = true;
  TimePoint now;
  std::vector<const crypto::PrivateKey*> keys;  ///< not owned
  ProgressMode progress = ProgressMode::automatic;
  Talk talk;
  std::stop_token stop;
};

struct BuildReport {
  std::filesystem::path output;
  Built built;
  bundle::Manifest manifest;  ///< without blobs and payload
  std::uint64_t fetched = 0;  ///< bytes that the plan had to fetch
  double seconds = 0;
  std::vector<std::string> skipped;
};

/// `kubeferry build`. Without a lock, what was resolved is kept beside the partial bundle, so that a run after a kill
/// goes on with the same.
Result<BuildReport> build_bundle(const catalog::Catalog& catalog, const BuildRequest& request);

/// "site.yaml" → "site.lock": where a lock is looked for.
[[nodiscard]] std::filesystem::path default_lock_path(const std::filesystem::path& spec);

}  // namespace kubeferry::builder

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <kubeferry/oci/descriptor.hpp>
#include <kubeferry/registry/client.hpp>
#include <kubeferry/source/remote.hpp>

namespace kubeferry::source {

/// Several registries that have the same, as one. Thread-safe.
class Registries {
public:
  static Result<std::shared_ptr<const Registries>> make(const RemoteOptions& options);

  /// Front of the bundle with that tag, not yet believed.
  Result<Bytes> front(const std::string& tag) const;

  /// A blob of the bundle, at most 16 MiB or so: as long as `blob` says, and with its digest.
  Result<Bytes> blob(const oci::Descriptor& blob) const;

  /// Where the last answer came from: "10.0.0.1:5000/kubeferry/bundle".
  [[nodiscard]] std::string name() const { return places_[preferred_].repository.to_string(); }

private:
  struct Place {
    registry::Repository repository;
    std::unique_ptr<registry::Client> client;
  };
  Registries() = default;
  Result<Bytes> ask(const std::function<Result<Bytes>(const Place&)>& question) const;
  void prefer(std::size_t from, std::size_t to, const Error& reason) const;
  static Result<Bytes> front_at(const Place& place, const std::string& tag);
  static Result<Bytes> blob_at(const Place& place, const oci::Descriptor& blob);

  std::vector<Place> places_;
  std::function<void(std::string_view)> warning_;
  mutable std::atomic<std::size_t> preferred_ = 0;
};

}  // namespace kubeferry::source

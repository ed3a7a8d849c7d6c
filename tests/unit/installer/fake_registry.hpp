// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include <kubeferry/testing/fault_server.hpp>

namespace kubeferry::installer::testing_support {

/// A registry in memory with the habits, good and bad, of real ones.
class FakeRegistry {
public:
  FakeRegistry();

  // What it does wrong, or does not like. Set before it is used.
  bool refuses_sparse = false;  ///< as docker-registry 2.8 does
  bool refuses_mounts = false;
  std::set<std::string> loses;      ///< blobs and manifests (digests) it accepts and does not keep
  std::set<std::string> truncates;  ///< blobs (digests) it keeps without their last byte
  std::set<std::string> rejects;    ///< blobs (digests) it answers 400 to

  [[nodiscard]] std::string authority() const { return server_.authority(); }
  [[nodiscard]] std::size_t requests(const std::string& method) const;
  [[nodiscard]] std::size_t uploads() const;                                 ///< PUTs of blobs
  [[nodiscard]] std::size_t manifest_puts(const std::string& digest) const;  ///< of that manifest, anywhere
  [[nodiscard]] std::size_t overlapping_puts() const;  ///< PUTs of a manifest while another put the same
  void forget_requests();

  [[nodiscard]] bool has_blob(const std::string& repository, const std::string& digest) const;
  /// The digest behind a tag or digest; empty when there is none.
  [[nodiscard]] std::string manifest(const std::string& repository, const std::string& tag_or_digest) const;
  [[nodiscard]] std::string manifest_text(const std::string& repository, const std::string& tag_or_digest) const;
  void drop_blob(const std::string& repository, const std::string& digest);

private:
  using Name = std::pair<std::string, std::string>;  // repository, tag or digest
  struct Manifest {
    std::string type;
    std::string text;
  };
  testing::Answer answer(const testing::Recorded& request);
  testing::Answer blob(const testing::Recorded& request, const Name& name);
  testing::Answer upload(const testing::Recorded& request, const std::string& repository);
  testing::Answer put_manifest(const testing::Recorded& request, const Name& name);
  testing::Answer get_manifest(const testing::Recorded& request, const Name& name);
  [[nodiscard]] bool lacks_child(const std::string& repository, const std::string& text) const;

  mutable std::mutex mutex_;
  std::map<Name, std::string> blobs_;
  std::map<Name, Manifest> manifests_;
  std::map<std::string, std::size_t> puts_;  // of manifests, by digest
  std::set<std::string> being_put_;
  std::size_t overlaps_ = 0;
  std::size_t first_request_ = 0;
  testing::FaultServer server_;
};

}  // namespace kubeferry::installer::testing_support

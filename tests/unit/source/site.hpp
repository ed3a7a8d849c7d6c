// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <kubeferry/source/remote.hpp>
#include <kubeferry/testing/fault_server.hpp>

#include "running_server.hpp"
#include "sample.hpp"

namespace kubeferry::source::testing_support {

using bundle::testing_support::Folder;

/// A small bundle with chunks of 64 KiB, and what a node needs to get it from a registry.
class Site {
public:
  /// The one of this program: it takes a while to make, and no test changes it.
  static const Site& get();

  [[nodiscard]] const std::shared_ptr<const bundle::Bundle>& bundle() const { return bundle_; }
  [[nodiscard]] const Folder& folder() const { return folder_; }
  [[nodiscard]] std::filesystem::path file() const { return folder_ / "site.tar.zst"; }
  [[nodiscard]] const crypto::PrivateKey& key() const { return key_; }
  [[nodiscard]] crypto::Keyset trust() const { return crypto::Keyset::of(key_.public_key(), "test"); }
  [[nodiscard]] const bundle::testing_support::Sample& sample() const { return sample_; }
  /// The content of the sample's node file `n`.
  [[nodiscard]] const Bytes& file_content(std::size_t n) const;

  /// A registry of the bundle, with TLS.
  [[nodiscard]] std::unique_ptr<registry_server::RunningServer> serve() const;
  /// Options for the ports, in that order.
  [[nodiscard]] RemoteOptions options(const std::vector<std::uint16_t>& ports) const;
  /// Options for a plain server under the prefix "site".
  [[nodiscard]] RemoteOptions options(const kubeferry::testing::FaultServer& server) const;

  /// Puts the artifact into `server` under "site/kubeferry/bundle", as any registry would have it.
  void fill(kubeferry::testing::FaultServer& server) const;
  [[nodiscard]] static std::string blob_path(const crypto::Digest& digest) {
    return "/v2/site/kubeferry/bundle/blobs/" + digest.to_string();
  }
  [[nodiscard]] std::string chunk_path(std::size_t n) const { return blob_path(bundle_->manifest().chunks.at(n)); }
  [[nodiscard]] std::string tag_path() const {
    return "/v2/site/kubeferry/bundle/manifests/" + bundle_->manifest_digest().hex();
  }
  /// The stored bytes of chunk `n`.
  [[nodiscard]] std::string chunk_text(std::size_t n) const;

private:
  Site();

  Folder folder_;
  crypto::PrivateKey key_;
  bundle::testing_support::Sample sample_;
  registry_server::TestIdentity identity_;
  std::shared_ptr<const bundle::Bundle> bundle_;
};

}  // namespace kubeferry::source::testing_support

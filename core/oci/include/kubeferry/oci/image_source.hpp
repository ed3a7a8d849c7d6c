// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include <kubeferry/base/bytes.hpp>
#include <kubeferry/base/result.hpp>
#include <kubeferry/base/stream.hpp>
#include <kubeferry/crypto/digest.hpp>
#include <kubeferry/oci/descriptor.hpp>

namespace kubeferry::oci {

/// A manifest as its digest covers it.
struct ManifestBytes {
  std::string media_type;
  crypto::Digest digest;  ///< of `bytes`
  Bytes bytes;
};

/// Where images come from: a registry, a bundle, an OCI layout. Calls may come from several threads at once.
class ImageSource {
public:
  virtual ~ImageSource() = default;

  /// A manifest or index of `repository` by tag or digest ("sha256:…"). What is returned is verified against the digest
  /// when one was asked for; at most k_max_manifest_bytes.
  virtual Result<ManifestBytes> manifest(const std::string& repository, const std::string& tag_or_digest) = 0;

  /// The content of `blob`. Its reader gets exactly those bytes, or an integrity error (crypto::VerifyingSource).
  virtual Result<std::unique_ptr<Source>> blob(const std::string& repository, const Descriptor& blob) = 0;
};

}  // namespace kubeferry::oci

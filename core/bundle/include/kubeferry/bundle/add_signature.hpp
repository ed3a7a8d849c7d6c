// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <stop_token>

#include <kubeferry/base/bytes.hpp>
#include <kubeferry/base/result.hpp>
#include <kubeferry/bundle/manifest.hpp>
#include <kubeferry/crypto/key.hpp>

// Signing a bundle that is complete: k-of-n, and keys that never come near this program (docs/signing.md).
namespace kubeferry::bundle {

/// What a signature on a bundle vouches for.
struct Signable {
  Bytes pae;  ///< the very bytes to sign (DSSE's pre-authentication encoding of the manifest)
  Manifest manifest;
  crypto::Digest manifest_digest;
};

/// Reads what there is to sign in the bundle `path`, whoever has signed it so far. The errors of read_front() and
/// parse_manifest(); format error when the file is not as long as its manifest says.
Result<Signable> read_signable(const std::filesystem::path& path);

/// A signature over Signable::pae, made wherever `key`'s other half is.
struct NewSignature {
  crypto::PublicKey key;
  Bytes signature;  ///< 64 raw bytes of Ed25519, or ECDSA in DER
};

/// Writes the bundle `path` with `added` among its signatures to `output`, which may be `path` itself: the file appears
/// complete or not at all. A signature of the same key is replaced; the rest of the bundle stays byte for byte.
///
/// signature error when `added` is not a signature of this bundle by that key; usage error when `output` is another
/// file that exists; limit error when there is no room for more; read_signable()'s errors; interrupted.
Status add_signature(const std::filesystem::path& path, const std::filesystem::path& output, const NewSignature& added,
                     const std::stop_token& stop);

}  // namespace kubeferry::bundle

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <kubeferry/base/bytes.hpp>
#include <kubeferry/base/result.hpp>
#include <kubeferry/bundle/front.hpp>
#include <kubeferry/bundle/manifest.hpp>
#include <kubeferry/crypto/keyset.hpp>

// The one way from a front's bytes to a manifest that is believed, wherever the front lies.
namespace kubeferry::bundle {

/// The longest front that read_front() accepts.
inline constexpr std::uint64_t k_largest_front =
    k_envelope_offset + k_largest_envelope + k_largest_manifest + k_front_alignment;

/// A front whose signatures held.
struct SignedFront {
  Front front;
  Manifest manifest;
  crypto::Digest manifest_digest;  ///< of the manifest's signed bytes
  std::vector<crypto::VerifiedBy> signers;
};

/// Checks the signatures of `front` against `trust`, and only then parses the manifest (docs/format.md §2.3, 8 to 10
/// but for the file's length). `name` names it in errors: format (envelope, manifest, or header and manifest state
/// different lengths), signature, limit, policy.
Result<SignedFront> verify_front(Front front, const crypto::Keyset& trust, std::string_view name);

/// The same for the front's bytes, as they stand before the payload in the file: all of them and none behind. Also
/// the errors of read_front(), and format when there are more.
Result<SignedFront> verify_front(ByteView bytes, const crypto::Keyset& trust, std::string_view name);

/// The bytes of a front that was read, exactly as they stand in the file: there is but one way to write them.
Result<Bytes> front_bytes(const Front& front);

}  // namespace kubeferry::bundle

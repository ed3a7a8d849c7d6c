// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/base/bytes.hpp>
#include <kubeferry/base/result.hpp>
#include <kubeferry/crypto/key.hpp>

namespace kubeferry::crypto {

/// Caps on an envelope, checked before anything is allocated for it.
inline constexpr std::uint64_t k_max_envelope_bytes = 64 * 1024;
inline constexpr std::size_t k_max_envelope_signatures = 16;
inline constexpr std::size_t k_max_key_id_bytes = 128;
inline constexpr std::size_t k_max_payload_type_bytes = 256;

/// DSSE's pre-authentication encoding (protocol.md, v1): the bytes that are signed,
/// `DSSEv1 LEN(type) type LEN(payload) payload`.
[[nodiscard]] Bytes pae(std::string_view payload_type, ByteView payload);

struct EnvelopeSignature {
  std::string key_id;  ///< a hint which key to try; may be empty
  Bytes signature;
  [[nodiscard]] bool operator==(const EnvelopeSignature&) const = default;
};

/// A detached DSSE envelope: JSON as in DSSE v1, but without the member `payload`, because the payload lies beside it
/// as plain bytes. Putting base64 of those bytes into `payload` makes it an ordinary DSSE envelope.
///
///     {"payloadType":"application/…","signatures":[{"keyid":"…","sig":"base64"}]}
struct Envelope {
  std::string payload_type;
  std::vector<EnvelopeSignature> signatures;

  /// Strict I-JSON; unknown members are format errors. A signature that is not base64 (standard or URL-safe alphabet),
  /// or that has members of its own beside keyid and sig (an algorithm, say: that belongs to the key) is a signature
  /// error. Beyond the caps above: limit error.
  static Result<Envelope> parse(std::string_view text, std::string_view what);

  /// Deterministic: signatures sorted by key id, then bytes; one line, no newline at the end.
  [[nodiscard]] std::string to_text() const;

  [[nodiscard]] bool operator==(const Envelope&) const = default;
};

/// Signs `payload` and adds the signature to `envelope`, replacing one under the same key id. limit error past
/// k_max_envelope_signatures.
Status add_signature(Envelope& envelope, const PrivateKey& key, ByteView payload);

}  // namespace kubeferry::crypto

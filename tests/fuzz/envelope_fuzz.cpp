// SPDX-License-Identifier: Apache-2.0
// Envelopes are read before any signature holds, so this is what an attacker reaches first.
#include <cstddef>
#include <cstdint>

#include <kubeferry/base/text.hpp>
#include <kubeferry/crypto/dsse.hpp>
#include <kubeferry/crypto/keyset.hpp>

#include "require.hpp"

namespace {

// The public key of RFC 8032 § 7.1, TEST 3. It never signed our payload.
const kubeferry::crypto::Keyset& trust() {
  static const auto k_trust = kubeferry::crypto::Keyset::of(
      kubeferry::crypto::PublicKey::from_spki(
          *kubeferry::from_hex(
              "302a300506032b6570032100fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025"),
          "rfc")
          .value(),
      "rfc");
  return k_trust;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using kubeferry::crypto::Envelope;
  using kubeferry::fuzz::require;
  const auto envelope = Envelope::parse({reinterpret_cast<const char*>(data), size}, "envelope");
  if (!envelope) {
    return 0;
  }
  require(envelope->signatures.size() <= kubeferry::crypto::k_max_envelope_signatures, "signatures are capped");
  const std::string text = envelope->to_text();
  const auto again = Envelope::parse(text, "again");
  require(again && again->to_text() == text, "a written envelope reads back the same");
  const auto verified = kubeferry::crypto::verify_signatures(trust(), envelope->payload_type,
                                                             kubeferry::as_byte_view("payload"), *envelope);
  require(!verified, "nobody can sign without the key");
  return 0;
}

// SPDX-License-Identifier: Apache-2.0
// A keyset that is accepted can be satisfied, and reads back the same.
#include <cstddef>
#include <cstdint>

#include <kubeferry/crypto/keyset.hpp>

#include "require.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using kubeferry::crypto::Keyset;
  using kubeferry::fuzz::require;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto key = kubeferry::crypto::PublicKey::from_pem(text, "key")) {
    const auto again = kubeferry::crypto::PublicKey::from_pem(key->to_pem(), "again");
    require(again && *again == *key, "a written key reads back the same");
  }
  const auto keyset = Keyset::parse(text, "keyset");
  if (!keyset) {
    return 0;
  }
  require(keyset->threshold() >= 1 && keyset->threshold() <= keyset->keys().size(), "the threshold can be reached");
  const auto again = Keyset::parse(keyset->to_text(), "again");
  require(again && *again == *keyset, "a written keyset reads back the same");
  return 0;
}

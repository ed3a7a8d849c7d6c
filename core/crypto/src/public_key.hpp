// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <kubeferry/crypto/key.hpp>

#include "ossl.hpp"

namespace kubeferry::crypto {

struct PublicKey::State {
  KeyAlgorithm algorithm;
  Bytes spki;
  std::string key_id;
  ossl::Key key;
};

}  // namespace kubeferry::crypto

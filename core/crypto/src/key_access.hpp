// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <kubeferry/crypto/key.hpp>

#include "ossl.hpp"

namespace kubeferry::crypto {

/// OpenSSL's view of a private key, for signing certificates; the key keeps it.
struct KeyAccess {
  [[nodiscard]] static EVP_PKEY* handle(const PrivateKey& key) noexcept {
    return static_cast<EVP_PKEY*>(key.key_.get());
  }
};

}  // namespace kubeferry::crypto

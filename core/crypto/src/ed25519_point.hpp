// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <kubeferry/base/bytes.hpp>

namespace kubeferry::crypto {

/// What is wrong with the 32 bytes of an Ed25519 public key (RFC 8032 § 5.1.3): "is not in canonical form",
/// "has small order", "is not on the curve"; null when nothing is. OpenSSL asks none of this when it loads one.
[[nodiscard]] const char* ed25519_point_fault(ByteView point);

}  // namespace kubeferry::crypto

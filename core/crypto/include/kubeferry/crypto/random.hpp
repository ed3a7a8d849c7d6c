// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include <kubeferry/base/bytes.hpp>
#include <kubeferry/base/result.hpp>

namespace kubeferry::crypto {

/// `count` bytes from OpenSSL's generator, fit for keys and tokens. unsupported_host error when the system gives no
/// randomness.
Result<Bytes> random_bytes(std::size_t count);

}  // namespace kubeferry::crypto

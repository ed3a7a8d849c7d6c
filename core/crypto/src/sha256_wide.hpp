// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace kubeferry::crypto {

/// Compresses `blocks` blocks of 64 bytes of as many messages as it has lanes; states are eight words each. Every lane
/// must have a state of its own; data may be shared.
using CompressLanes = void (*)(std::uint32_t* const* states, const unsigned char* const* data, std::size_t blocks);

#if defined(__x86_64__)
namespace avx2 {
void compress(std::uint32_t* const* states, const unsigned char* const* data, std::size_t blocks);
}
namespace avx512vl {
void compress(std::uint32_t* const* states, const unsigned char* const* data, std::size_t blocks);
}
namespace avx512 {
void compress(std::uint32_t* const* states, const unsigned char* const* data, std::size_t blocks);
}
#endif

/// The constants of FIPS 180-4 § 4.2.2.
extern const std::uint32_t k_sha256_rounds[64];

}  // namespace kubeferry::crypto

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace kubeferry::steps {

/// CRC-32C (Castagnoli, RFC 3720 appendix B.4).
[[nodiscard]] std::uint32_t crc32c(std::string_view text) noexcept;

}  // namespace kubeferry::steps

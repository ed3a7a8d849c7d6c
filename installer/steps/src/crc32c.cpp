// SPDX-License-Identifier: Apache-2.0
#include "crc32c.hpp"

#include <array>

namespace kubeferry::steps {

namespace {

constexpr std::array<std::uint32_t, 256> k_table = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t value = byte;
    for (int bit = 0; bit < 8; ++bit) {
      value = (value >> 1) ^ ((value & 1U) != 0 ? 0x82f63b78U : 0U);
    }
    table[byte] = value;
  }
  return table;
}();

}  // namespace

std::uint32_t crc32c(std::string_view text) noexcept {
  std::uint32_t value = 0xffffffffU;
  for (const char c : text) {
    value = (value >> 8) ^ k_table[(value ^ static_cast<unsigned char>(c)) & 0xffU];
  }
  return ~value;
}

}  // namespace kubeferry::steps

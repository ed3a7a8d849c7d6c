// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/archive/tar.hpp>

#include <algorithm>
#include <cstring>
#include <numeric>
#include <span>

#include <kubeferry/base/bytes.hpp>

namespace kubeferry::archive {

namespace {

void put_text(std::span<std::byte> field, std::string_view text) {
  std::memcpy(field.data(), text.data(), text.size());
}

/// Octal digits, zero-filled, with the NUL that ends a numeric field.
void put_octal(std::span<std::byte> field, std::uint64_t value) {
  for (std::size_t n = field.size() - 1; n-- > 0; value >>= 3) {
    field[n] = static_cast<std::byte>('0' + (value & 7U));
  }
}

void put_base256(std::span<std::byte> field, std::uint64_t value) {
  for (std::size_t n = field.size(); n-- > 1; value >>= 8) {
    field[n] = static_cast<std::byte>(value & 0xffU);
  }
  field[0] = std::byte{0x80};
}

}  // namespace

Result<TarHeader> tar_file_header(std::string_view name, std::uint64_t size) {
  if (name.size() > 100) {
    return fail(ExitCode::bug, "tar: the name {} is too long", name);
  }
  TarHeader header{};
  const std::span<std::byte> all(header);
  put_text(all.subspan(0, 100), name);
  put_octal(all.subspan(100, 8), 0644);
  put_octal(all.subspan(108, 8), 0);
  put_octal(all.subspan(116, 8), 0);
  if (size < (std::uint64_t{1} << 33)) {
    put_octal(all.subspan(124, 12), size);
  } else {
    put_base256(all.subspan(124, 12), size);
  }
  put_octal(all.subspan(136, 12), 0);
  header[156] = std::byte{'0'};
  put_text(all.subspan(257), "ustar");
  put_text(all.subspan(263), "00");
  // The checksum counts its own field as spaces.
  put_text(all.subspan(148), "        ");
  const unsigned sum = std::accumulate(header.begin(), header.end(), 0U, [](unsigned total, std::byte b) {
    return total + std::to_integer<unsigned>(b);
  });
  put_octal(all.subspan(148, 7), sum);
  header[154] = std::byte{0};
  return header;
}

}  // namespace kubeferry::archive

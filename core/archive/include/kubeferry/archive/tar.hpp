// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <kubeferry/base/result.hpp>

// The little of tar (POSIX ustar) that a bundle's payload is written with: regular files, mode 0644, owner 0, time 0.
namespace kubeferry::archive {

inline constexpr std::size_t k_tar_block_bytes = 512;
using TarHeader = std::array<std::byte, k_tar_block_bytes>;

/// The header of one regular file. `name` has at most 100 bytes (ours have 77); sizes from 8 GiB on are written in
/// the base-256 form, which GNU tar, bsdtar and Go's archive/tar read. bug error for a longer name.
Result<TarHeader> tar_file_header(std::string_view name, std::uint64_t size);

/// Zero bytes that follow `size` bytes of content.
[[nodiscard]] constexpr std::size_t tar_padding(std::uint64_t size) noexcept {
  return static_cast<std::size_t>((k_tar_block_bytes - size % k_tar_block_bytes) % k_tar_block_bytes);
}

/// Zero bytes that end an archive.
inline constexpr std::size_t k_tar_end_bytes = 2 * k_tar_block_bytes;

}  // namespace kubeferry::archive

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include <kubeferry/base/result.hpp>

namespace kubeferry::cli {

/// Of certificate authorities that go to other nodes, or to programs, as text; bytes.
inline constexpr std::uint64_t k_largest_ca = std::uint64_t{256} * 1024;

/// The whole of a small file that the user named: read_file(), but a usage error when it does not exist.
Result<std::string> read_user_file(const std::filesystem::path& path, std::uint64_t limit);

}  // namespace kubeferry::cli

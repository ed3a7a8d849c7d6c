// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <kubeferry/base/result.hpp>

namespace kubeferry {

/// What a file system has room for.
struct Space {
  std::uint64_t available = 0;     ///< bytes that this user may still write
  std::uint64_t longest_file = 0;  ///< bytes of the longest file that its format can describe
  std::string_view kind;           ///< "FAT" where longest_file is short enough to matter; empty otherwise
};

/// The space of the file system that `fd` is on, by fstatfs(2). io error naming `name`.
Result<Space> space_at(int fd, const std::string& name);

/// Whether a file of `bytes`, of which `there` are written already, fits. no_space error naming `name`, with what is
/// there and what would be needed, in one line; its hint says how much to free, or what else can take so long a file.
Status check_fits(const Space& space, std::uint64_t bytes, std::uint64_t there, const std::string& name);

/// The same for the open file `fd`, which is to be `bytes` long: what it occupies already need not be free. A file
/// system that does not say what it has is no error: writing will tell.
Status check_fits(int fd, std::uint64_t bytes, const std::string& name);

}  // namespace kubeferry

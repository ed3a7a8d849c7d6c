// SPDX-License-Identifier: Apache-2.0
#include "user_file.hpp"

#include <kubeferry/base/fd.hpp>

namespace kubeferry::cli {

Result<std::string> read_user_file(const std::filesystem::path& path, std::uint64_t limit) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    return fail(ExitCode::usage, "{}: no such file", path.native());
  }
  return read_file(path, limit);
}

}  // namespace kubeferry::cli

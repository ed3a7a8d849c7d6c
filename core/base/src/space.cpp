// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/base/space.hpp>

#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <cerrno>
#include <limits>

#include <kubeferry/base/text.hpp>

namespace kubeferry {

namespace {

// A directory entry of FAT has 32 bits for a length.
constexpr std::uint64_t k_longest_on_fat = std::numeric_limits<std::uint32_t>::max();

}  // namespace

Result<Space> space_at(int fd, const std::string& name) {
  struct statfs about {};
  if (::fstatfs(fd, &about) != 0) {
    return fail_errno(errno, name);
  }
  const auto block = static_cast<std::uint64_t>(about.f_frsize != 0 ? about.f_frsize : about.f_bsize);
  Space space{.available = std::uint64_t{about.f_bavail} * block,
              .longest_file = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())};
  // The type of its field has a sign or not, by architecture.
  if (static_cast<std::uint64_t>(about.f_type) == MSDOS_SUPER_MAGIC) {
    space.longest_file = k_longest_on_fat;
    space.kind = "FAT";
  }
  return space;
}

Status check_fits(const Space& space, std::uint64_t bytes, std::uint64_t there, const std::string& name) {
  if (bytes > space.longest_file) {
    return Failure(Error{ExitCode::no_space,
                         fmt::format("{}: is {}, and a file on {} ends at {}", name, human_bytes(bytes), space.kind,
                                     human_bytes(space.longest_file)),
                         "format the medium as exFAT or ext4, or write the file onto it with dd (docs/carrying.md)",
                         {}});
  }
  const std::uint64_t more = bytes > there ? bytes - there : 0;
  if (more > space.available) {
    return Failure(
        Error{ExitCode::no_space,
              fmt::format("{}: needs {}, and the file system has {} left", name, human_bytes(more),
                          human_bytes(space.available)),
              fmt::format("free {} there, or choose a larger file system", human_bytes(more - space.available)),
              {}});
  }
  return {};
}

Status check_fits(int fd, std::uint64_t bytes, const std::string& name) {
  const auto space = space_at(fd, name);
  struct stat info {};
  if (!space || ::fstat(fd, &info) != 0) {
    return {};
  }
  return check_fits(*space, bytes, static_cast<std::uint64_t>(info.st_blocks) * 512, name);
}

}  // namespace kubeferry

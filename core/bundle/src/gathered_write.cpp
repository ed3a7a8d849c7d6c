// SPDX-License-Identifier: Apache-2.0
#include "gathered_write.hpp"

#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <vector>

namespace kubeferry::bundle {

Result<std::uint64_t> write_parts_at(int fd, std::uint64_t offset, std::span<const ByteView> parts,
                                     std::string_view what) {
  std::vector<iovec> rest;
  for (const ByteView part : parts) {
    if (!part.empty()) {
      rest.push_back({const_cast<std::byte*>(part.data()), part.size()});
    }
  }
  std::uint64_t total = 0;
  for (std::size_t first = 0; first < rest.size();) {
    const auto count = std::min<std::size_t>(rest.size() - first, IOV_MAX);
    const ssize_t written =
        ::pwritev(fd, rest.data() + first, static_cast<int>(count), static_cast<off_t>(offset + total));
    if (written < 0) {
      if (errno == EINTR) {
        continue;
      }
      return fail_errno(errno, what);
    }
    total += static_cast<std::uint64_t>(written);
    auto left = static_cast<std::size_t>(written);
    while (first < rest.size() && left >= rest[first].iov_len) {
      left -= rest[first].iov_len;
      ++first;
    }
    if (left > 0) {
      rest[first].iov_base = static_cast<std::byte*>(rest[first].iov_base) + left;
      rest[first].iov_len -= left;
    }
  }
  return total;
}

}  // namespace kubeferry::bundle

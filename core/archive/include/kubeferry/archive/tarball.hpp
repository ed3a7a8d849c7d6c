// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include <kubeferry/base/result.hpp>
#include <kubeferry/base/stream.hpp>

namespace kubeferry::archive {

/// One regular file in an upstream tarball. Nothing but its name and size is believed; links, devices, owners and
/// modes of the archive are never acted upon.
struct TarballMember {
  std::string name;  ///< normalised: no leading "./", no "..", no empty component, not absolute
  std::uint64_t size = 0;
};

struct TarballLimits {
  std::uint64_t entries = 10000;
  std::uint64_t member_bytes = std::uint64_t{1} << 30;
  std::uint64_t total_bytes = std::uint64_t{4} << 30;
};

/// Reads a tar archive, plain or compressed with gzip, xz or zstd, front to back in constant memory, and calls
/// `visit(member, content)` for each regular file; `content` need not be read to its end.
///
/// Directories and links are passed over. format errors: another archive format, damage, a name that is absolute, has
/// "..", control characters or a duplicate, sparse files, devices, FIFOs, sockets, set-id bits. limit errors: see
/// TarballLimits. Errors of `source` and `visit` come through unchanged. `what` names the tarball.
Status read_tarball(Source& source, std::string_view what, const TarballLimits& limits,
                    const std::function<Status(const TarballMember&, Source&)>& visit);

}  // namespace kubeferry::archive

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <archive.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

#include <kubeferry/base/stream.hpp>

namespace kubeferry::archive {

struct FreeArchive {
  void operator()(::archive* a) const { ::archive_read_free(a); }
};
using ReadArchive = std::unique_ptr<::archive, FreeArchive>;

/// What libarchive's read callback gets: the source, and the error that must not be lost on its way through C.
struct Feed {
  Source* source;
  std::optional<Error> error;
  Bytes buffer = Bytes(std::size_t{64} * 1024);
  bool started = false;
};

/// Lets `reader`, whose formats are chosen, read from `from` through the compressions that upstreams publish (gzip, xz,
/// zstd): every further one is a parser that an attacker could choose. One that wants more than 128 MiB of memory is
/// refused with a limit error. Errors as failure_of().
Status open_feed(::archive* reader, Feed& from, std::string_view what, std::string_view otherwise);

/// Why `reader` failed: the source's own error, or a format error with libarchive's words, or `otherwise` without any.
Failure failure_of(::archive* reader, const Feed& from, std::string_view what, std::string_view otherwise);

}  // namespace kubeferry::archive

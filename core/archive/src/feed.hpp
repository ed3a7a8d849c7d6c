// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <archive.h>

#include <cstddef>
#include <memory>
#include <optional>

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

/// libarchive's read callback; `context` is a Feed. A compression that wants more than 128 MiB of memory is refused
/// with a limit error.
la_ssize_t feed(::archive* reader, void* context, const void** data);

}  // namespace kubeferry::archive

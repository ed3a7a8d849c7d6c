// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/archive/decompress.hpp>

#include <archive_entry.h>

#include "feed.hpp"

namespace kubeferry::archive {

namespace {

constexpr std::string_view k_damaged = "damaged";

}  // namespace

Result<std::string> decompress(Source& source, std::uint64_t limit, std::string_view what) {
  const ReadArchive reader(::archive_read_new());
  if (!reader) {
    return fail(ExitCode::limit, "{}: out of memory", what);
  }
  ::archive_read_support_format_raw(reader.get());
  ::archive_read_support_format_empty(reader.get());
  Feed from{&source, {}};
  KF_TRY(open_feed(reader.get(), from, what, k_damaged));
  ::archive_entry* entry = nullptr;
  const int status = ::archive_read_next_header(reader.get(), &entry);
  if (status == ARCHIVE_EOF) {
    return std::string();
  }
  if (status != ARCHIVE_OK) {
    return failure_of(reader.get(), from, what, k_damaged);
  }
  std::string content;
  std::string piece(std::size_t{256} * 1024, '\0');
  for (;;) {
    const la_ssize_t count = ::archive_read_data(reader.get(), piece.data(), piece.size());
    if (count == 0) {
      return content;
    }
    if (count < 0) {
      return failure_of(reader.get(), from, what, k_damaged);
    }
    if (content.size() + static_cast<std::uint64_t>(count) > limit) {
      return fail(ExitCode::limit, "{}: holds more than {} bytes", what, limit);
    }
    content.append(piece, 0, static_cast<std::size_t>(count));
  }
}

}  // namespace kubeferry::archive

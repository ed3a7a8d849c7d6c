// SPDX-License-Identifier: Apache-2.0
#include "feed.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <kubeferry/base/text.hpp>

namespace kubeferry::archive {

namespace {

/// liblzma allocates what an .xz asks for, up to 4 GiB for 100 bytes of file, and libarchive sets it no limit. The
/// first block's dictionary says what the rest will want (.xz file format, sections 2.1.1.1, 3.1 and 5.3.1).
Status check_xz(ByteView start) {
  constexpr std::string_view k_magic(
      "\xfd"
      "7zXZ\0",
      6);
  constexpr std::string_view k_lzma2("\x21\x01", 2);
  constexpr std::size_t k_stream_header = 12;
  constexpr unsigned k_largest_dictionary = 30;  // 128 MiB, as for zstd; xz -9 uses 64
  const std::string_view text = as_text(start);
  if (!text.starts_with(k_magic)) {
    return {};
  }
  const std::size_t filter = text.find(k_lzma2, k_stream_header);
  if (filter < text.size() - k_lzma2.size() && static_cast<unsigned char>(text[filter + 2]) > k_largest_dictionary) {
    return fail(ExitCode::limit, "its xz compression wants more than 128 MiB of memory");
  }
  return {};
}

/// At least `least` bytes of the buffer, fewer at the end.
Result<std::size_t> read_some(Source& source, MutableByteView buffer, std::size_t least) {
  std::size_t total = 0;
  do {
    KF_TRY_ASSIGN(const std::size_t count, source.read(buffer.subspan(total)));
    if (count == 0) {
      break;
    }
    total += count;
  } while (total < least);
  return total;
}

/// libarchive's read callback; `context` is a Feed.
la_ssize_t feed(::archive* reader, void* context, const void** data) {
  auto* from = static_cast<Feed*>(context);
  try {
    constexpr std::size_t k_headers = 64;
    auto count = read_some(*from->source, from->buffer, from->started ? 1 : k_headers);
    if (count && !std::exchange(from->started, true)) {
      if (Status status = check_xz(ByteView(from->buffer).first(std::min(*count, k_headers))); !status) {
        count = Failure(std::move(status).error());
      }
    }
    if (!count) {
      from->error = std::move(count.error());
      ::archive_set_error(reader, EIO, "source failed");
      return -1;
    }
    *data = from->buffer.data();
    return static_cast<la_ssize_t>(*count);
  } catch (const std::exception& thrown) {
    from->error = Error{ExitCode::bug, thrown.what(), {}, {}};
    ::archive_set_error(reader, EIO, "source threw");
    return -1;
  }
}

}  // namespace

Failure failure_of(::archive* reader, const Feed& from, std::string_view what, std::string_view otherwise) {
  if (from.error) {
    return Failure(*from.error);
  }
  const char* text = ::archive_error_string(reader);
  return fail(ExitCode::format, "{}: {}", what, printable(text == nullptr ? otherwise : text));
}

Status open_feed(::archive* reader, Feed& from, std::string_view what, std::string_view otherwise) {
  ::archive_read_support_filter_gzip(reader);
  ::archive_read_support_filter_xz(reader);
  ::archive_read_support_filter_zstd(reader);
  if (::archive_read_open(reader, &from, nullptr, feed, nullptr) != ARCHIVE_OK) {
    return failure_of(reader, from, what, otherwise);
  }
  return {};
}

}  // namespace kubeferry::archive

// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/archive/seek_table.hpp>

#include <kubeferry/archive/raw_frame.hpp>

namespace kubeferry::archive {

namespace {
constexpr std::uint32_t k_footer_magic = 0x8F92EAB1;
constexpr std::size_t k_footer_bytes = 9;
constexpr std::size_t k_entry_bytes = 8;
}  // namespace

std::uint64_t seek_table_bytes(std::uint64_t frames) {
  return k_skippable_header_bytes + frames * k_entry_bytes + k_footer_bytes;
}

Bytes seek_table(const std::vector<FrameSize>& frames) {
  Bytes out(static_cast<std::size_t>(seek_table_bytes(frames.size())));
  MutableByteView rest(out);
  const auto header =
      skippable_header(k_seek_table_magic, static_cast<std::uint32_t>(out.size() - k_skippable_header_bytes));
  std::copy(header.begin(), header.end(), rest.begin());
  rest = rest.subspan(header.size());
  for (const FrameSize& frame : frames) {
    store_le(rest, frame.stored);
    store_le(rest.subspan(4), frame.content);
    rest = rest.subspan(k_entry_bytes);
  }
  store_le(rest, static_cast<std::uint32_t>(frames.size()));
  rest[4] = std::byte{0};  // descriptor: no checksums
  store_le(rest.subspan(5), k_footer_magic);
  return out;
}

Result<std::vector<FrameSize>> parse_seek_table(ByteView frame) {
  const auto wrong = [] { return fail(ExitCode::format, "seek table: not in the seekable format"); };
  if (frame.size() < k_skippable_header_bytes + k_footer_bytes || load_le<std::uint32_t>(frame) != k_seek_table_magic ||
      load_le<std::uint32_t>(frame.subspan(4)) != frame.size() - k_skippable_header_bytes) {
    return wrong();
  }
  const ByteView footer = frame.last(k_footer_bytes);
  const std::uint64_t count = load_le<std::uint32_t>(footer);
  if (footer[4] != std::byte{0} || load_le<std::uint32_t>(footer.subspan(5)) != k_footer_magic ||
      seek_table_bytes(count) != frame.size()) {
    return wrong();
  }
  std::vector<FrameSize> frames;
  frames.reserve(static_cast<std::size_t>(count));
  for (std::size_t n = 0; n < count; ++n) {
    const ByteView entry = frame.subspan(k_skippable_header_bytes + n * k_entry_bytes);
    frames.push_back({load_le<std::uint32_t>(entry), load_le<std::uint32_t>(entry.subspan(4))});
  }
  return frames;
}

}  // namespace kubeferry::archive

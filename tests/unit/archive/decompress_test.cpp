// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/archive/decompress.hpp>

#include <archive.h>
#include <archive_entry.h>

#include <gtest/gtest.h>

namespace kubeferry::archive {
namespace {

std::string compressed(std::string_view content, int (*filter)(::archive*)) {
  std::string out(content.size() + 4096, '\0');
  std::size_t used = 0;
  ::archive* writer = ::archive_write_new();
  ::archive_write_set_format_raw(writer);
  filter(writer);
  ::archive_write_set_bytes_in_last_block(writer, 1);
  ::archive_write_open_memory(writer, out.data(), out.size(), &used);
  ::archive_entry* entry = ::archive_entry_new();
  ::archive_entry_set_filetype(entry, AE_IFREG);
  EXPECT_EQ(::archive_write_header(writer, entry), ARCHIVE_OK);
  ::archive_write_data(writer, content.data(), content.size());
  ::archive_entry_free(entry);
  ::archive_write_close(writer);
  ::archive_write_free(writer);
  out.resize(used);
  return out;
}

Result<std::string> read(std::string_view file, std::uint64_t limit = 1 << 20) {
  MemorySource source(as_byte_view(file));
  return decompress(source, limit, "Packages.xz");
}

std::string text() {
  std::string out;
  for (int n = 0; n < 20000; ++n) {
    out += fmt::format("Package: p{}\n", n);
  }
  return out;
}

TEST(Decompress, ReadsWhatUpstreamsPublish) {
  for (const auto filter : {::archive_write_add_filter_none, ::archive_write_add_filter_gzip,
                            ::archive_write_add_filter_xz, ::archive_write_add_filter_zstd}) {
    const auto content = read(compressed(text(), filter));
    ASSERT_TRUE(content) << content.error().message;
    EXPECT_EQ(*content, text());
  }
}

TEST(Decompress, AnEmptyFileIsEmpty) {
  EXPECT_EQ(read("").value(), "");
  EXPECT_EQ(read(compressed("", ::archive_write_add_filter_xz)).value(), "");
}

TEST(Decompress, StopsAtItsLimit) {
  const auto content = read(compressed(text(), ::archive_write_add_filter_xz), 1000);
  ASSERT_FALSE(content);
  EXPECT_EQ(content.error().code, ExitCode::limit);
}

TEST(Decompress, NamesWhatIsCutOff) {
  for (const auto filter :
       {::archive_write_add_filter_gzip, ::archive_write_add_filter_xz, ::archive_write_add_filter_zstd}) {
    const std::string whole = compressed(text(), filter);
    const auto content = read(std::string_view(whole).substr(0, whole.size() / 2));
    ASSERT_FALSE(content);
    EXPECT_EQ(content.error().code, ExitCode::format);
    EXPECT_TRUE(content.error().message.starts_with("Packages.xz: ")) << content.error().message;
  }
}

}  // namespace
}  // namespace kubeferry::archive

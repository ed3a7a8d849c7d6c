// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/archive/tarball.hpp>

#include <archive.h>
#include <archive_entry.h>

#include <functional>
#include <map>

#include <gtest/gtest.h>

namespace kubeferry::archive {
namespace {

struct Entry {
  std::string name;
  std::string content;
  unsigned type = AE_IFREG;
  unsigned mode = 0755;
  std::string link;
};

/// An archive made by libarchive's own writer, which accepts every shape that a hostile upstream may send.
std::string make(const std::vector<Entry>& entries, const std::function<void(::archive*)>& setup = {}) {
  std::string out(std::size_t{1} << 20, '\0');
  std::size_t used = 0;
  ::archive* writer = ::archive_write_new();
  if (setup) {
    setup(writer);
  } else {
    ::archive_write_set_format_gnutar(writer);
    ::archive_write_add_filter_gzip(writer);
  }
  ::archive_write_set_bytes_in_last_block(writer, 1);
  ::archive_write_open_memory(writer, out.data(), out.size(), &used);
  for (const Entry& e : entries) {
    ::archive_entry* entry = ::archive_entry_new();
    ::archive_entry_set_pathname(entry, e.name.c_str());
    ::archive_entry_set_filetype(entry, e.type);
    ::archive_entry_set_perm(entry, e.mode);
    ::archive_entry_set_size(entry, static_cast<la_int64_t>(e.content.size()));
    if (e.type == AE_IFLNK) {
      ::archive_entry_set_symlink(entry, e.link.c_str());
    } else if (!e.link.empty()) {
      ::archive_entry_set_hardlink(entry, e.link.c_str());
    }
    EXPECT_EQ(::archive_write_header(writer, entry), ARCHIVE_OK) << e.name;
    ::archive_write_data(writer, e.content.data(), e.content.size());
    ::archive_entry_free(entry);
  }
  ::archive_write_close(writer);
  ::archive_write_free(writer);
  out.resize(used);
  return out;
}

Result<std::map<std::string, std::string>> members(std::string_view tarball, const TarballLimits& limits = {}) {
  MemorySource source(as_byte_view(tarball));
  std::map<std::string, std::string> found;
  KF_TRY(read_tarball(source, "t.tgz", limits, [&](const TarballMember& member, Source& content) -> Status {
    KF_TRY_ASSIGN(const Bytes bytes, read_all(content, 1 << 20, member.name));
    found[member.name] = as_text(bytes);
    return {};
  }));
  return found;
}

TEST(Tarball, GivesRegularFilesOnly) {
  const auto found = members(make({{"./", "", AE_IFDIR},
                                   {"./bin/a", "AAA"},
                                   {"b", "B"},
                                   {"l", "", AE_IFLNK, 0777, "/etc/passwd"},
                                   {"h", "", AE_IFREG, 0755, "../../etc/passwd"}}));
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(*found, (std::map<std::string, std::string>{{"bin/a", "AAA"}, {"b", "B"}}));
}

TEST(Tarball, RefusesWhatNobodyHonestPublishes) {
  const std::vector<Entry> bad = {{"../x", "1"},
                                  {"/abs", "1"},
                                  {"a/../../x", "1"},
                                  {"dev", "", AE_IFCHR},
                                  {"dev", "", AE_IFBLK},
                                  {"fifo", "", AE_IFIFO},
                                  {"set", "1", AE_IFREG, 04755},
                                  {"set", "1", AE_IFREG, 02755},
                                  {"back\\slash", "1"},
                                  {"new\nline", "1"},
                                  {"esc\x1b[2J", "1"}};
  for (const Entry& entry : bad) {
    const auto found = members(make({entry}));
    ASSERT_FALSE(found) << entry.name;
    EXPECT_EQ(found.error().code, ExitCode::format) << entry.name;
  }
  EXPECT_EQ(members(make({{"a", "1"}, {"./a", "2"}})).error().code, ExitCode::format);
  EXPECT_EQ(members(make({{"a", "1"}, {"A", "2"}})).error().code, ExitCode::format);
}

TEST(Tarball, KnowsNoOtherArchiveFormat) {
  const auto zip = make({{"a", "1"}}, [](::archive* writer) { ::archive_write_set_format_zip(writer); });
  const auto cpio = make({{"a", "1"}}, [](::archive* writer) { ::archive_write_set_format_cpio(writer); });
  EXPECT_EQ(members(zip).error().code, ExitCode::format);
  EXPECT_EQ(members(cpio).error().code, ExitCode::format);
  EXPECT_EQ(members("#!/bin/sh\n").error().code, ExitCode::format);
}

TEST(Tarball, BoundsEntriesAndBytes) {
  const auto tarball = make({{"a", "12345"}, {"b", "12345"}});
  EXPECT_EQ(members(tarball, {.entries = 1}).error().code, ExitCode::limit);
  EXPECT_EQ(members(tarball, {.member_bytes = 4}).error().code, ExitCode::limit);
  EXPECT_EQ(members(tarball, {.total_bytes = 9}).error().code, ExitCode::limit);
}

/// CRC-32 (IEEE 802.3), as .xz headers have it.
std::uint32_t crc32(std::string_view bytes) {
  std::uint32_t crc = 0xffffffffU;
  for (const char byte : bytes) {
    crc ^= static_cast<unsigned char>(byte);
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? 0xedb88320U : 0U);
    }
  }
  return ~crc;
}

TEST(Tarball, BombsEndAtTheirLimit) {  // M39
  const std::vector<Entry> zeros = {{"a", std::string(std::size_t{8} << 20, '\0')}};
  const auto with = [&](const std::function<void(::archive*)>& filters) {
    return make(zeros, [&](::archive* writer) {
      ::archive_write_set_format_gnutar(writer);
      filters(writer);
    });
  };
  const TarballLimits limits{.member_bytes = 1 << 20};
  EXPECT_EQ(members(with([](::archive* w) { ::archive_write_add_filter_gzip(w); }), limits).error().code,
            ExitCode::limit);
  EXPECT_EQ(members(with([](::archive* w) { ::archive_write_add_filter_zstd(w); }), limits).error().code,
            ExitCode::limit);
  const auto nested = members(with([](::archive* w) {
                                ::archive_write_add_filter_gzip(w);
                                ::archive_write_add_filter_gzip(w);
                              }),
                              limits);
  ASSERT_FALSE(nested);
  EXPECT_TRUE(nested.error().code == ExitCode::limit || nested.error().code == ExitCode::format);
}

TEST(Tarball, AnXzThatWantsFourGigabytesIsRefused) {  // M39
  std::string xz = make({{"a", "1"}}, [](::archive* writer) {
    ::archive_write_set_format_gnutar(writer);
    ::archive_write_add_filter_xz(writer);
  });
  ASSERT_TRUE(members(xz));
  // The .xz file format, sections 2.1.1 and 3.1: after 12 bytes the block's header, its LZMA2 filter 21 01 SIZE, zeros,
  // and a CRC-32. 40 is a dictionary of 4 GiB.
  const std::size_t start = 12;
  const std::size_t length = (static_cast<unsigned char>(xz[start]) + 1U) * 4;
  const std::size_t filter = xz.find("\x21\x01", start);
  ASSERT_LT(filter, start + length);
  xz[filter + 2] = 40;
  const std::uint32_t crc = crc32(std::string_view(xz).substr(start, length - 4));
  for (unsigned n = 0; n < 4; ++n) {
    xz[start + length - 4 + n] = static_cast<char>(crc >> (8 * n));
  }
  const auto found = members(xz);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ExitCode::limit) << found.error().message;
}

TEST(Tarball, NoticesTruncation) {
  const auto tarball = make({{"a", std::string(100000, 'x')}});
  EXPECT_FALSE(members(tarball.substr(0, tarball.size() / 2)));
}

TEST(Tarball, PassesErrorsOfItsSourceThrough) {
  class Broken final : public Source {
    Result<std::size_t> read(MutableByteView) override { return fail(ExitCode::network, "gone"); }
  } broken;
  const Status status = read_tarball(broken, "t", {}, [](const TarballMember&, Source&) -> Status { return {}; });
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ExitCode::network);
}

}  // namespace
}  // namespace kubeferry::archive

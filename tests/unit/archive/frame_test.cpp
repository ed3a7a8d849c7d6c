// SPDX-License-Identifier: Apache-2.0
#include <zstd.h>

#include <gtest/gtest.h>

#include <kubeferry/archive/raw_frame.hpp>
#include <kubeferry/archive/seek_table.hpp>
#include <kubeferry/archive/tar.hpp>
#include <kubeferry/archive/zstd_stream.hpp>
#include <kubeferry/crypto/hasher.hpp>

namespace kubeferry::archive {
namespace {

Bytes pattern(std::size_t size) {
  Bytes bytes(size);
  for (std::size_t n = 0; n < size; ++n) {
    bytes[n] = static_cast<std::byte>((n * 131 + n / 977) & 0xffU);
  }
  return bytes;
}

/// The real decoder's opinion of a frame.
Bytes decoded(ByteView frame) {
  Bytes out(std::size_t{4} << 20);
  const std::size_t count = ZSTD_decompress(out.data(), out.size(), frame.data(), frame.size());
  EXPECT_EQ(ZSTD_isError(count), 0U) << ZSTD_getErrorName(count);
  out.resize(count);
  return out;
}

TEST(RawFrame, IsWhatZstdReadsAndWhereWeSayItIs) {
  for (const std::size_t size : {0UL, 1UL, 511UL, 131071UL, 131072UL, 131073UL, 400000UL}) {
    const Bytes content = pattern(size);
    const Bytes frame = raw_frame(content);
    EXPECT_EQ(frame.size(), raw_stored_bytes(size)) << size;
    EXPECT_EQ(decoded(frame), content) << size;
    for (std::uint64_t position = 0; position < size; position += 4099) {
      EXPECT_EQ(frame[static_cast<std::size_t>(raw_stored_position(size, position))],
                content[static_cast<std::size_t>(position)])
          << size << " at " << position;
    }
  }
}

TEST(RawFrame, SplitsAtOneGibibyte) {
  constexpr std::uint64_t k_gib = std::uint64_t{1} << 30;
  const std::uint64_t full = raw_stored_bytes(k_gib);
  EXPECT_EQ(full, 10 + k_gib + 8192 * 3);
  EXPECT_EQ(raw_stored_bytes(k_gib + 1), full + 10 + 3 + 1);
  EXPECT_EQ(raw_stored_position(k_gib + 1, k_gib), full + 13);
  EXPECT_EQ(raw_framing(k_gib + 1, k_gib).length, 13U);
  EXPECT_EQ(raw_framing(k_gib + 1, k_gib - 1).length, 0U);
  EXPECT_EQ(raw_stored_bytes(5 * k_gib), 5 * full);
}

TEST(SeekTable, RoundTripsAndIsStrict) {
  const Bytes table = seek_table({{10, 20}, {30, 0xffffffffU}});
  EXPECT_EQ(table.size(), seek_table_bytes(2));
  const auto parsed = parse_seek_table(table);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->at(1).content, 0xffffffffU);
  for (std::size_t n = 0; n + 1 < table.size(); ++n) {
    EXPECT_FALSE(parse_seek_table(ByteView(table).first(n)));
  }
  Bytes longer = table;
  longer.push_back(std::byte{0});
  EXPECT_FALSE(parse_seek_table(longer));
}

TEST(FrameCompressor, RoundTripsDeterministically) {
  const Bytes content = pattern(1000000);
  FrameCompressor compressor(9);
  Bytes first;
  Bytes second;
  ASSERT_TRUE(compressor.compress(content, first));
  ASSERT_TRUE(compressor.compress(pattern(77), second));
  ASSERT_TRUE(compressor.compress(content, second));
  EXPECT_EQ(first, second);
  EXPECT_LT(first.size(), content.size() / 2);
  FrameDecompressor decompressor;
  Bytes out(content.size());
  ASSERT_TRUE(decompressor.decompress(first, out));
  EXPECT_EQ(out, content);
}

TEST(FrameCompressor, GivesTheSameBytesOnEveryArchitecture) {
  // Text-like: repeats at many distances, so that every match finder has something to choose from.
  Bytes content(std::size_t{3} << 20);
  std::uint32_t state = 1;
  for (std::size_t n = 0; n < content.size(); ++n) {
    state = state * 1664525U + 1013904223U;
    const std::size_t back = 1 + (state >> 16U) % 60000;
    content[n] = (state >> 29U) != 0 && n > back ? content[n - back] : static_cast<std::byte>(state >> 24U);
  }
  crypto::Hasher all;
  for (const int level : {1, 3, 6, 9, 12, 19}) {
    FrameCompressor compressor(level);
    for (const std::size_t size :
         {std::size_t{1000}, std::size_t{15000}, std::size_t{16385}, std::size_t{100000}, content.size()}) {
      Bytes frame;
      ASSERT_TRUE(compressor.compress(ByteView(content).first(size), frame));
      all.update(frame);
    }
  }
  EXPECT_EQ(all.finish().to_string(), "sha256:9ce8d9cfca191b41fb00f6cbe62a20fd19a0da1e84a0dc5df718e79d7ae3e4b8");
}

TEST(FrameDecompressor, BelievesNoFrame) {  // M39, M40
  FrameCompressor compressor(3);
  Bytes frame;
  ASSERT_TRUE(compressor.compress(pattern(1000), frame));
  FrameDecompressor decompressor;
  Bytes out(999);
  EXPECT_EQ(decompressor.decompress(frame, out).error().code, ExitCode::integrity);
  out.resize(1000);
  EXPECT_EQ(decompressor.decompress(ByteView(frame).first(frame.size() - 1), out).error().code, ExitCode::format);
  Bytes twice = frame;
  twice.insert(twice.end(), frame.begin(), frame.end());
  EXPECT_EQ(decompressor.decompress(twice, out).error().code, ExitCode::format);
  Bytes garbage(64, std::byte{7});
  EXPECT_EQ(decompressor.decompress(garbage, out).error().code, ExitCode::format);
  // Nine bytes that ask for a window of 2 GiB.
  const Bytes huge = {std::byte{0x28}, std::byte{0xb5}, std::byte{0x2f}, std::byte{0xfd}, std::byte{0x00},
                      std::byte{0xa8}, std::byte{0x01}, std::byte{0x00}, std::byte{0x00}};
  out.resize(0);
  EXPECT_FALSE(decompressor.decompress(huge, out));
  // A frame that wants dictionary 5, and one that is to be skipped.
  const Bytes dictionary = {std::byte{0x28}, std::byte{0xb5}, std::byte{0x2f}, std::byte{0xfd}, std::byte{0x21},
                            std::byte{0x05}, std::byte{0x00}, std::byte{0x01}, std::byte{0x00}, std::byte{0x00}};
  EXPECT_EQ(decompressor.decompress(dictionary, out).error().code, ExitCode::format);
  const Bytes skippable = {std::byte{0x50}, std::byte{0x2a}, std::byte{0x4d}, std::byte{0x18},
                           std::byte{0x00}, std::byte{0x00}, std::byte{0x00}, std::byte{0x00}};
  EXPECT_EQ(decompressor.decompress(skippable, out).error().code, ExitCode::format);
}

TEST(FrameDecompressor, NeverWritesMoreThanWasPromised) {  // M39
  // 32 MiB of zeros in some 3 KB, said to be 1,000 bytes.
  FrameCompressor compressor(19);
  Bytes bomb;
  ASSERT_TRUE(compressor.compress(Bytes(std::size_t{32} << 20), bomb));
  ASSERT_LT(bomb.size(), 10000U);
  FrameDecompressor decompressor;
  Bytes out(1000);
  EXPECT_EQ(decompressor.decompress(bomb, out).error().code, ExitCode::integrity);
}

TEST(Tar, HeaderHasTheChecksumTarWants) {
  const auto header = tar_file_header("oci-layout", 30);
  ASSERT_TRUE(header);
  unsigned sum = 0;
  for (std::size_t n = 0; n < header->size(); ++n) {
    sum += n >= 148 && n < 156 ? ' ' : std::to_integer<unsigned>((*header)[n]);
  }
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(header->data()) + 148, 6), fmt::format("{:06o}", sum));
  EXPECT_EQ(tar_padding(0), 0U);
  EXPECT_EQ(tar_padding(1), 511U);
  EXPECT_EQ(tar_padding(512), 0U);
  const auto large = tar_file_header("x", std::uint64_t{1} << 33);
  ASSERT_TRUE(large);
  EXPECT_EQ((*large)[124], std::byte{0x80});
  EXPECT_FALSE(tar_file_header(std::string(101, 'x'), 1));
}

}  // namespace
}  // namespace kubeferry::archive

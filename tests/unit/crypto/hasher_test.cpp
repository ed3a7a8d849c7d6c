// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/crypto/hasher.hpp>

#include <algorithm>

#include <gtest/gtest.h>

namespace kubeferry::crypto {
namespace {

// Gives its text in pieces of at most `piece` bytes, and counts what was taken.
class DripSource final : public Source {
public:
  DripSource(std::string text, std::size_t piece) : text_(std::move(text)), piece_(piece) {}
  Result<std::size_t> read(MutableByteView buffer) override {
    const std::size_t count = std::min({buffer.size(), piece_, text_.size() - taken_});
    std::copy_n(as_byte_view(text_).begin() + static_cast<std::ptrdiff_t>(taken_), count, buffer.begin());
    taken_ += count;
    return count;
  }
  [[nodiscard]] std::size_t taken() const { return taken_; }

private:
  std::string text_;
  std::size_t piece_;
  std::size_t taken_ = 0;
};

const std::string k_text = "the quick brown fox jumps over the lazy dog";

Digest digest_of(std::string_view text) { return Digest::of(as_byte_view(text)); }

TEST(Hasher, PiecesAreTheWhole) {
  Hasher hasher;
  hasher.update(as_byte_view(k_text).first(10));
  hasher.update({});
  hasher.update(as_byte_view(k_text).subspan(10));
  EXPECT_EQ(hasher.finish(), digest_of(k_text));
}

TEST(Hasher, IsFreshAfterFinishAndReset) {
  Hasher hasher(HashAlgorithm::sha512);
  hasher.update(as_byte_view("one"));
  static_cast<void>(hasher.finish());
  hasher.update(as_byte_view("to be forgotten"));
  hasher.reset();
  hasher.update(as_byte_view("two"));
  EXPECT_EQ(hasher.finish(), Digest::of(as_byte_view("two"), HashAlgorithm::sha512));
}

TEST(Hasher, Moves) {
  Hasher first;
  first.update(as_byte_view("ab"));
  Hasher second = std::move(first);
  second.update(as_byte_view("c"));
  EXPECT_EQ(second.finish(), digest_of("abc"));
}

TEST(HashingSink, HashesCountsAndPassesOn) {
  MemorySink inner(1000);
  HashingSink sink(&inner);
  ASSERT_TRUE(sink.write(as_byte_view("ab")));
  ASSERT_TRUE(sink.write(as_byte_view("c")));
  EXPECT_EQ(sink.size(), 3U);
  EXPECT_EQ(sink.finish(), digest_of("abc"));
  EXPECT_EQ(as_text(inner.bytes()), "abc");
}

TEST(HashingSink, PassesOnTheInnerFailure) {
  MemorySink inner(1);
  HashingSink sink(&inner);
  const Status status = sink.write(as_byte_view("ab"));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ExitCode::limit);
}

class VerifyingSourcePieces : public testing::TestWithParam<std::size_t> {};

TEST_P(VerifyingSourcePieces, GivesTheContent) {
  VerifyingSource source(std::make_unique<DripSource>(k_text, GetParam()), digest_of(k_text), k_text.size(), "blob");
  const auto bytes = read_all(source, 1000, "blob");
  ASSERT_TRUE(bytes) << bytes.error().message;
  EXPECT_EQ(as_text(*bytes), k_text);
  std::array<std::byte, 4> buffer{};
  EXPECT_EQ(source.read(buffer).value(), 0U);  // the end stays the end
}

TEST_P(VerifyingSourcePieces, WithholdsTheLastByteOfWrongContent) {
  std::string wrong = k_text;
  wrong.front() = 'T';
  VerifyingSource source(std::make_unique<DripSource>(wrong, GetParam()), digest_of(k_text), k_text.size(), "blob");
  std::size_t passed = 0;
  std::array<std::byte, 64> buffer{};
  for (;;) {
    const auto count = source.read(buffer);
    if (!count) {
      EXPECT_EQ(count.error().code, ExitCode::integrity);
      EXPECT_NE(count.error().message.find("blob"), std::string::npos);
      break;
    }
    ASSERT_NE(*count, 0U) << "wrong content was let through";
    passed += *count;
  }
  EXPECT_LT(passed, k_text.size());
  EXPECT_FALSE(source.read(buffer)) << "a failed source must stay failed";
}

TEST_P(VerifyingSourcePieces, RefusesShortAndLong) {
  VerifyingSource early(std::make_unique<DripSource>(k_text.substr(1), GetParam()), digest_of(k_text), k_text.size(),
                        "b");
  const auto shorter = read_all(early, 1000, "b");
  ASSERT_FALSE(shorter);
  EXPECT_EQ(shorter.error().code, ExitCode::integrity);

  DripSource drip(k_text + std::string(10000, 'x'), GetParam());
  VerifyingSource late(drip, digest_of(k_text), k_text.size(), "b");
  const auto longer = read_all(late, 100000, "b");
  ASSERT_FALSE(longer);
  EXPECT_EQ(longer.error().code, ExitCode::integrity);
  EXPECT_LE(drip.taken(), k_text.size() + 1);
}

INSTANTIATE_TEST_SUITE_P(Pieces, VerifyingSourcePieces, testing::Values(1, 7, 43, 1000));

TEST(VerifyingSource, ChecksEmptyContentToo) {
  std::array<std::byte, 4> buffer{};
  VerifyingSource good(std::make_unique<DripSource>("", 1), digest_of(""), 0, "empty");
  EXPECT_EQ(good.read(buffer).value(), 0U);
  VerifyingSource wrong(std::make_unique<DripSource>("", 1), digest_of("x"), 0, "empty");
  EXPECT_EQ(wrong.read(buffer).error().code, ExitCode::integrity);
  VerifyingSource longer(std::make_unique<DripSource>("x", 1), digest_of(""), 0, "empty");
  EXPECT_EQ(longer.read(buffer).error().code, ExitCode::integrity);
}

TEST(CheckContent, ComparesSizeAndDigest) {
  EXPECT_TRUE(check_content(as_byte_view("abc"), digest_of("abc"), 3, "x"));
  EXPECT_EQ(check_content(as_byte_view("abc"), digest_of("abc"), 4, "x").error().code, ExitCode::integrity);
  EXPECT_EQ(check_content(as_byte_view("abd"), digest_of("abc"), 3, "x").error().code, ExitCode::integrity);
}

}  // namespace
}  // namespace kubeferry::crypto

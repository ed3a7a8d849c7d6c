// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/bundle/front.hpp>

#include <gtest/gtest.h>

#include <limits>

#include <kubeferry/crypto/digest.hpp>

namespace kubeferry::bundle {
namespace {

class MemoryFile final : public RandomSource {
public:
  explicit MemoryFile(Bytes bytes) : bytes_(std::move(bytes)) {}
  [[nodiscard]] std::uint64_t size() const override { return bytes_.size(); }
  Status read_at(std::uint64_t offset, MutableByteView buffer) const override {
    if (offset + buffer.size() > bytes_.size()) {
      return fail(ExitCode::format, "short");
    }
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(offset), buffer.size(), buffer.begin());
    return {};
  }

private:
  Bytes bytes_;
};

Bytes sample() {
  return *encode_front(
      {.payload_offset = payload_offset_for(10), .payload_length = 5, .envelope_capacity = k_envelope_capacity},
      "envelope", "manifest");
}

TEST(Front, RoundTrips) {
  const auto front = read_front(MemoryFile(sample()), "f");
  ASSERT_TRUE(front) << front.error().message;
  EXPECT_EQ(front->envelope, "envelope");
  EXPECT_EQ(front->manifest, "manifest");
  EXPECT_EQ(front->header.payload_offset % k_front_alignment, 0U);
}

TEST(Front, AbsurdLengthsAllocateNothing) {  // M03
  for (const std::size_t field : {16U, 24U, 32U, 40U, 48U}) {
    for (const std::uint64_t value :
         {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1} << 40, std::numeric_limits<std::uint64_t>::max()}) {
      Bytes bytes = sample();
      const MutableByteView header = MutableByteView(bytes).subspan(17, k_header_bytes);
      store_le(header.subspan(field), value);
      const auto digest = crypto::Digest::of(ByteView(header).first(64));
      std::ranges::copy(digest.bytes(), header.begin() + 64);
      const auto front = read_front(MemoryFile(bytes), "f");
      if (field == 24) {
        continue;  // the payload's length is compared with the signed manifest, not here
      }
      ASSERT_FALSE(front) << field << " " << value;
      EXPECT_TRUE(front.error().code == ExitCode::format || front.error().code == ExitCode::limit);
    }
  }
}

TEST(Front, KeepsItsRoom) {
  const Header header{
      .payload_offset = payload_offset_for(10), .payload_length = 5, .envelope_capacity = k_envelope_capacity};
  EXPECT_EQ(encode_front(header, std::string(k_envelope_capacity + 1, 'e'), "m").error().code, ExitCode::limit);
  EXPECT_EQ(encode_front(header, "e", std::string(5000, 'm')).error().code, ExitCode::limit);
}

}  // namespace
}  // namespace kubeferry::bundle

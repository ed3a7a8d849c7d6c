// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>

#include <kubeferry/bundle/front.hpp>
#include <kubeferry/crypto/digest.hpp>

#include "require.hpp"

namespace {

using namespace kubeferry;

class MemoryFile final : public RandomSource {
public:
  explicit MemoryFile(Bytes bytes) : bytes_(std::move(bytes)) {}
  [[nodiscard]] std::uint64_t size() const override { return bytes_.size(); }
  Status read_at(std::uint64_t offset, MutableByteView buffer) const override {
    fuzz::require(offset <= bytes_.size() && buffer.size() <= bytes_.size() - offset, "no read past the end");
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(offset), buffer.size(), buffer.begin());
    return {};
  }

private:
  Bytes bytes_;
};

}  // namespace

/// The input says how to change a good front: where to cut it (one byte), then three bytes for each byte to change. The
/// header's own check sum is made to fit, so that the checks behind it are reached. What is accepted must lie inside
/// the file and within the caps.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t k_header_start = 17;
  const auto good = bundle::encode_front({.payload_offset = bundle::payload_offset_for(100),
                                          .payload_length = 5,
                                          .envelope_capacity = bundle::k_envelope_capacity},
                                         "envelope", "manifest");
  fuzz::require(good.has_value(), "a good front can be written");
  Bytes file = *good;
  for (std::size_t n = 1; n + 3 <= size; n += 3) {
    // Most changes where the header is; the rest of the front is mostly zeros.
    const std::size_t place = (data[n] & 1U) != 0 ? (data[n] * 256U + data[n + 1]) % file.size() : data[n + 1] % 128U;
    file[place] ^= static_cast<std::byte>(data[n + 2]);
  }
  if (size > 0 && data[0] % 4 == 0) {
    file.resize(file.size() * data[0] / 256);
  }
  if (file.size() >= k_header_start + bundle::k_header_bytes) {
    const MutableByteView header = MutableByteView(file).subspan(k_header_start, bundle::k_header_bytes);
    const auto digest = crypto::Digest::of(ByteView(header).first(64));
    std::ranges::copy(digest.bytes(), header.begin() + 64);
  }
  const std::size_t length = file.size();
  const auto front = bundle::read_front(MemoryFile(std::move(file)), "input");
  if (front) {
    fuzz::require(front->header.payload_offset <= length, "the front lies inside the file");
    fuzz::require(front->manifest.size() <= bundle::k_largest_manifest, "the manifest's cap holds");
    fuzz::require(front->envelope.size() <= bundle::k_largest_envelope, "the envelope's cap holds");
  }
  return 0;
}

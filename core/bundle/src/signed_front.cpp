// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/bundle/signed_front.hpp>

#include <algorithm>

#include <kubeferry/crypto/dsse.hpp>

namespace kubeferry::bundle {

namespace {

class MemoryFile final : public RandomSource {
public:
  MemoryFile(ByteView bytes, std::string_view name) : bytes_(bytes), name_(name) {}

  [[nodiscard]] std::uint64_t size() const override { return bytes_.size(); }

  Status read_at(std::uint64_t offset, MutableByteView buffer) const override {
    if (offset > bytes_.size() || buffer.size() > bytes_.size() - offset) {
      return fail(ExitCode::format, "{}: ends early", name_);
    }
    std::ranges::copy(bytes_.subspan(static_cast<std::size_t>(offset), buffer.size()), buffer.begin());
    return {};
  }

private:
  ByteView bytes_;
  std::string_view name_;
};

}  // namespace

Result<SignedFront> verify_front(Front front, const crypto::Keyset& trust, std::string_view name) {
  const auto named = [&](Error& error) { return Failure(std::move(error).prefixed(name)); };
  auto envelope = crypto::Envelope::parse(front.envelope, "its envelope");
  if (!envelope) {
    return named(envelope.error());
  }
  auto signers = crypto::verify_signatures(trust, k_payload_type, as_byte_view(front.manifest), *envelope);
  if (!signers) {
    return named(signers.error());
  }
  // Only now is the manifest more than a row of bytes.
  auto manifest = parse_manifest(front.manifest);
  if (!manifest) {
    return named(manifest.error());
  }
  if (front.header.payload_length != manifest->payload_length) {
    return fail(ExitCode::format, "{}: its header and its manifest state different lengths", name);
  }
  const auto digest = crypto::Digest::of(as_byte_view(front.manifest));
  return SignedFront{std::move(front), std::move(*manifest), digest, std::move(*signers)};
}

Result<SignedFront> verify_front(ByteView bytes, const crypto::Keyset& trust, std::string_view name) {
  KF_TRY_ASSIGN(Front front, read_front(MemoryFile(bytes, name), name));
  if (front.header.payload_offset != bytes.size()) {
    return fail(ExitCode::format, "{}: {} bytes follow its front", name, bytes.size() - front.header.payload_offset);
  }
  return verify_front(std::move(front), trust, name);
}

Result<Bytes> front_bytes(const Front& front) { return encode_front(front.header, front.envelope, front.manifest); }

}  // namespace kubeferry::bundle

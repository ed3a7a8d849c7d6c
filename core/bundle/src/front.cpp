// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/bundle/front.hpp>

#include <algorithm>
#include <array>

#include <kubeferry/archive/raw_frame.hpp>
#include <kubeferry/crypto/digest.hpp>

namespace kubeferry::bundle {

namespace {

// As PNG's: a byte no text has, then line ends that a transfer in text mode would change.
constexpr std::array<unsigned char, 8> k_magic = {0x89, 'K', 'F', 'B', '\r', '\n', 0x1a, '\n'};
constexpr std::size_t k_checked_bytes = 64;
constexpr std::uint64_t k_frame_start = archive::k_empty_frame.size();
constexpr std::uint64_t k_header_start = k_frame_start + archive::k_skippable_header_bytes;

bool starts_with(ByteView bytes, ByteView prefix) {
  return bytes.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), bytes.begin());
}

Failure not_a_bundle(ByteView start, std::string_view name) {
  constexpr std::array<std::byte, 2> k_gzip = {std::byte{0x1f}, std::byte{0x8b}};
  if (starts_with(start, k_gzip)) {
    return Failure(Error{ExitCode::format,
                         fmt::format("{}: is compressed with gzip, not a kubeferry bundle", name),
                         "if somebody packed the bundle, unpack it with gunzip first",
                         {}});
  }
  if (starts_with(start, ByteView(archive::k_empty_frame).first(4))) {
    return fail(ExitCode::format, "{}: is a zstd file, but not a kubeferry bundle", name);
  }
  return fail(ExitCode::format, "{}: not a kubeferry bundle", name);
}

void put_header(MutableByteView out, const Header& header) {
  std::copy(k_magic.begin(), k_magic.end(), reinterpret_cast<unsigned char*>(out.data()));
  store_le<std::uint32_t>(out.subspan(8), k_format_version);
  store_le<std::uint32_t>(out.subspan(12), 0);
  store_le(out.subspan(16), header.payload_offset);
  store_le(out.subspan(24), header.payload_length);
  store_le(out.subspan(32), header.manifest_length);
  store_le(out.subspan(40), header.envelope_length);
  store_le(out.subspan(48), header.envelope_capacity);
  store_le<std::uint64_t>(out.subspan(56), 0);
  const auto digest = crypto::Digest::of(ByteView(out).first(k_checked_bytes));
  std::ranges::copy(digest.bytes(), out.begin() + k_checked_bytes);
}

Result<Header> parse_header(ByteView in, std::string_view name) {
  if (!std::equal(k_magic.begin(), k_magic.end(), reinterpret_cast<const unsigned char*>(in.data()))) {
    return not_a_bundle({}, name);
  }
  // The version before the check sum: a later format may sum other bytes.
  const auto version = load_le<std::uint32_t>(in.subspan(8));
  if (version > k_format_version && version < 1000) {
    return Failure(Error{
        ExitCode::format,
        fmt::format("{}: is in bundle format {}, and this kubeferry reads format {}", name, version, k_format_version),
        "use the kubeferry that came with the bundle, or a newer one",
        {}});
  }
  const auto digest = crypto::Digest::of(in.first(k_checked_bytes));
  if (!std::ranges::equal(digest.bytes(), in.subspan(k_checked_bytes, 32)) || version != k_format_version) {
    return fail(ExitCode::format, "{}: its header is damaged", name);
  }
  if (load_le<std::uint32_t>(in.subspan(12)) != 0 || load_le<std::uint64_t>(in.subspan(56)) != 0) {
    return fail(ExitCode::format, "{}: its header uses a feature that this kubeferry does not know", name);
  }
  return Header{.payload_offset = load_le<std::uint64_t>(in.subspan(16)),
                .payload_length = load_le<std::uint64_t>(in.subspan(24)),
                .manifest_length = load_le<std::uint64_t>(in.subspan(32)),
                .envelope_length = load_le<std::uint64_t>(in.subspan(40)),
                .envelope_capacity = load_le<std::uint64_t>(in.subspan(48))};
}

Status check_lengths(const Header& header, std::uint32_t frame_length, std::uint64_t file_bytes,
                     std::string_view name) {
  const auto over = [&](std::string_view what, std::uint64_t bytes, std::uint64_t most) {
    return fail(ExitCode::limit, "{}: its {} has {} bytes, more than the {} allowed", name, what, bytes, most);
  };
  if (header.envelope_capacity > k_largest_envelope || header.envelope_length > k_largest_envelope) {
    return over("envelope", std::max(header.envelope_capacity, header.envelope_length), k_largest_envelope);
  }
  if (header.manifest_length > k_largest_manifest) {
    return over("manifest", header.manifest_length, k_largest_manifest);
  }
  // With both caps held these sums cannot overflow.
  const std::uint64_t used = header.manifest_offset() + header.manifest_length;
  const bool consistent =
      header.envelope_length <= header.envelope_capacity && header.payload_offset >= used &&
      header.payload_offset <= k_envelope_offset + k_largest_envelope + k_largest_manifest + k_front_alignment &&
      header.payload_offset % k_front_alignment == 0 && frame_length == header.payload_offset - k_header_start;
  if (!consistent) {
    return fail(ExitCode::format, "{}: its header contradicts itself", name);
  }
  if (file_bytes < header.payload_offset) {
    return fail(ExitCode::format, "{}: ends after {} bytes, in the middle of its manifest", name, file_bytes);
  }
  return {};
}

bool all_zero(ByteView bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b == std::byte{0}; });
}

}  // namespace

std::uint64_t payload_offset_for(std::uint64_t manifest_bytes) {
  const std::uint64_t used = k_envelope_offset + k_envelope_capacity + manifest_bytes;
  return (used + k_front_alignment - 1) / k_front_alignment * k_front_alignment;
}

Result<Bytes> encode_front(Header header, std::string_view envelope, std::string_view manifest) {
  header.envelope_length = envelope.size();
  header.manifest_length = manifest.size();
  if (envelope.size() > header.envelope_capacity) {
    return fail(ExitCode::limit, "the signatures take {} bytes, and the bundle has room for {}", envelope.size(),
                header.envelope_capacity);
  }
  if (manifest.size() > k_largest_manifest || header.manifest_offset() + manifest.size() > header.payload_offset) {
    return fail(ExitCode::limit, "the manifest takes {} bytes, and the bundle has room for {}", manifest.size(),
                header.payload_offset - header.manifest_offset());
  }
  Bytes front(static_cast<std::size_t>(header.payload_offset));
  const MutableByteView out(front);
  std::ranges::copy(archive::k_empty_frame, out.begin());
  std::ranges::copy(archive::skippable_header(archive::k_front_magic,
                                              static_cast<std::uint32_t>(header.payload_offset - k_header_start)),
                    out.begin() + k_frame_start);
  put_header(out.subspan(k_header_start, k_header_bytes), header);
  std::ranges::copy(as_byte_view(envelope), out.begin() + k_envelope_offset);
  std::ranges::copy(as_byte_view(manifest), out.begin() + static_cast<std::ptrdiff_t>(header.manifest_offset()));
  return front;
}

Result<Front> read_front(const RandomSource& file, std::string_view name) {
  Bytes start(static_cast<std::size_t>(std::min(file.size(), k_envelope_offset)));
  if (!start.empty()) {
    KF_TRY(file.read_at(0, start));
  }
  const ByteView in(start);
  if (!starts_with(in, archive::k_empty_frame)) {
    return not_a_bundle(in, name);
  }
  if (in.size() < k_envelope_offset) {
    return fail(ExitCode::format, "{}: ends after {} bytes, before its header does", name, in.size());
  }
  if (load_le<std::uint32_t>(in.subspan(k_frame_start)) != archive::k_front_magic) {
    return not_a_bundle(in, name);
  }
  Front front;
  KF_TRY_ASSIGN(front.header, parse_header(in.subspan(k_header_start, k_header_bytes), name));
  KF_TRY(check_lengths(front.header, load_le<std::uint32_t>(in.subspan(k_frame_start + 4)), file.size(), name));

  Bytes rest(static_cast<std::size_t>(front.header.payload_offset - k_envelope_offset));
  KF_TRY(file.read_at(k_envelope_offset, rest));
  const ByteView body(rest);
  const auto envelope_length = static_cast<std::size_t>(front.header.envelope_length);
  const auto capacity = static_cast<std::size_t>(front.header.envelope_capacity);
  const auto manifest_length = static_cast<std::size_t>(front.header.manifest_length);
  if (!all_zero(body.subspan(envelope_length, capacity - envelope_length)) ||
      !all_zero(body.subspan(capacity + manifest_length))) {
    return fail(ExitCode::format, "{}: has bytes where zeros must be, in front of its payload", name);
  }
  front.envelope = as_text(body.first(envelope_length));
  front.manifest = as_text(body.subspan(capacity, manifest_length));
  return front;
}

}  // namespace kubeferry::bundle

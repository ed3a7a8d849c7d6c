// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/node/doctor.hpp>

#include <algorithm>

#include <kubeferry/archive/tar.hpp>
#include <kubeferry/archive/zstd_stream.hpp>
#include <kubeferry/base/atomic_file.hpp>

namespace kubeferry::node {

namespace {

constexpr std::string_view k_folder = "kubeferry-support/";
constexpr int k_level = 6;
constexpr std::size_t k_piece = std::size_t{4} << 20;

ByteView bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

Status append(Bytes& tar, const SupportFile& file) {
  std::string name = std::string(k_folder) + file.name;
  KF_TRY_ASSIGN(const auto header, archive::tar_file_header(name, file.text.size()));
  const ByteView content = bytes_of(file.text);
  tar.insert(tar.end(), header.begin(), header.end());
  tar.insert(tar.end(), content.begin(), content.end());
  tar.resize(tar.size() + archive::tar_padding(file.text.size()));
  return {};
}

}  // namespace

Status write_support_archive(const std::filesystem::path& path, std::span<const SupportFile> files) {
  Bytes tar;
  for (const auto& file : files) {
    KF_TRY(append(tar, file));
  }
  tar.resize(tar.size() + archive::k_tar_end_bytes);
  KF_TRY_ASSIGN(AtomicFile out, AtomicFile::create(path, 0600, Replace::refused));
  archive::FrameCompressor compressor(k_level);
  Bytes frame;
  for (ByteView rest = tar; !rest.empty();) {
    const ByteView piece = rest.first(std::min(rest.size(), k_piece));
    KF_TRY(compressor.compress(piece, frame));
    KF_TRY(out.write(frame));
    rest = rest.subspan(piece.size());
  }
  return out.commit();
}

}  // namespace kubeferry::node

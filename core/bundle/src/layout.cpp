// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/bundle/layout.hpp>

#include <algorithm>

#include <kubeferry/archive/raw_frame.hpp>
#include <kubeferry/archive/tar.hpp>
#include <kubeferry/archive/zstd_stream.hpp>
#include <kubeferry/bundle/encoding.hpp>

namespace kubeferry::bundle {

std::uint64_t glue_stored_bytes(std::uint64_t previous_size) {
  return archive::raw_stored_bytes(archive::tar_padding(previous_size) + archive::k_tar_block_bytes);
}

std::uint64_t end_stored_bytes(std::uint64_t last_size) {
  return archive::raw_stored_bytes(archive::tar_padding(last_size) + archive::k_tar_end_bytes);
}

Result<Bytes> glue_before(const BlobRow& row, std::uint64_t previous_size) {
  KF_TRY_ASSIGN(const archive::TarHeader header, archive::tar_file_header(row.tar_name(), row.size));
  const std::size_t padding = archive::tar_padding(previous_size);
  Bytes content(padding + header.size());
  std::ranges::copy(header, content.begin() + static_cast<std::ptrdiff_t>(padding));
  return archive::raw_frame(content);
}

Bytes glue_at_end(std::uint64_t last_size) {
  return archive::raw_frame(Bytes(archive::tar_padding(last_size) + archive::k_tar_end_bytes));
}

std::uint64_t place_rows(std::vector<BlobRow>& rows, std::size_t first) {
  std::uint64_t position = first == 0 ? 0 : rows[first - 1].offset + rows[first - 1].stored;
  for (std::size_t n = first; n < rows.size(); ++n) {
    position += glue_stored_bytes(n == 0 ? 0 : rows[n - 1].size);
    rows[n].offset = position;
    position += rows[n].stored;
  }
  return position;
}

void append_front_frames(std::vector<archive::FrameSize>& frames, std::uint64_t payload_offset) {
  const auto empty = static_cast<std::uint32_t>(archive::k_empty_frame.size());
  frames.push_back({empty, 0});
  frames.push_back({static_cast<std::uint32_t>(payload_offset) - empty, 0});
}

void append_raw_frames(std::vector<archive::FrameSize>& frames, std::uint64_t size) {
  for (std::uint64_t done = 0; done < size; done += archive::k_raw_frame_bytes) {
    const std::uint64_t content = std::min(archive::k_raw_frame_bytes, size - done);
    frames.push_back(
        {static_cast<std::uint32_t>(archive::raw_stored_bytes(content)), static_cast<std::uint32_t>(content)});
  }
}

Status append_content_frames(std::vector<archive::FrameSize>& frames, const BlobRow& row, const RandomSource& payload) {
  if (row.encoding == k_raw) {
    append_raw_frames(frames, row.size);
    return {};
  }
  Bytes frame;
  std::uint64_t start = 0;
  for (std::uint64_t done = 0; done < row.size; done += k_zstd_piece_bytes) {
    const std::uint64_t content = std::min(k_zstd_piece_bytes, row.size - done);
    frame.resize(static_cast<std::size_t>(std::min(row.stored - start, archive::FrameCompressor::bound(content))));
    KF_TRY(payload.read_at(row.offset + start, frame));
    KF_TRY_ASSIGN(const std::uint64_t length, archive::frame_length(frame));
    frames.push_back({static_cast<std::uint32_t>(length), static_cast<std::uint32_t>(content)});
    start += length;
  }
  if (start != row.stored) {
    return fail(ExitCode::format, "{}: its frames do not fill its place", row.tar_name());
  }
  return {};
}

}  // namespace kubeferry::bundle

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <kubeferry/archive/seek_table.hpp>
#include <kubeferry/base/bytes.hpp>
#include <kubeferry/base/result.hpp>
#include <kubeferry/base/stream.hpp>
#include <kubeferry/bundle/manifest.hpp>

// Where everything stands in a payload (docs/format.md §4). The payload alternates between "glue" (the tar padding of
// one entry with the tar header of the next, as one raw frame) and the entry's own frames; the seek table ends it.
namespace kubeferry::bundle {

/// Stored bytes of the glue in front of an entry whose predecessor has `previous_size` bytes of content (0 for the
/// first entry: then there is no padding).
[[nodiscard]] std::uint64_t glue_stored_bytes(std::uint64_t previous_size);

/// Stored bytes of the glue behind the last entry.
[[nodiscard]] std::uint64_t end_stored_bytes(std::uint64_t last_size);

/// The glue in front of `row`. bug error when the row's name does not fit a tar header.
Result<Bytes> glue_before(const BlobRow& row, std::uint64_t previous_size);

/// The glue behind the last entry.
[[nodiscard]] Bytes glue_at_end(std::uint64_t last_size);

/// Sets the offset of every row from `first` on, from the rows before it and their stored sizes. Returns where the
/// glue behind the last row starts.
std::uint64_t place_rows(std::vector<BlobRow>& rows, std::size_t first = 0);

/// The seek-table entries of the front, without content: a seekable reader counts from the start of the file.
inline constexpr std::uint64_t k_front_frames = 2;
void append_front_frames(std::vector<archive::FrameSize>& frames, std::uint64_t payload_offset);

/// The seek-table entries of `size` bytes of content stored raw.
void append_raw_frames(std::vector<archive::FrameSize>& frames, std::uint64_t size);

/// The seek-table entries of a blob's own frames, whatever its encoding; walks the frames of a compressed one in
/// `payload`. format error when they are not frames.
Status append_content_frames(std::vector<archive::FrameSize>& frames, const BlobRow& row, const RandomSource& payload);

}  // namespace kubeferry::bundle

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <stop_token>

#include <kubeferry/base/progress.hpp>
#include <kubeferry/bundle/bundle.hpp>

namespace kubeferry::bundle {

enum class Depth {
  chunks,  ///< every byte of the payload against the signed manifest
  blobs,   ///< and every blob against its own digest, every image against its manifests, the tar stream and seek table
};

/// Reads the whole of an opened bundle on `threads` threads. `progress` gets the bytes read and may be null.
///
/// integrity error for the first damaged chunk, with the blob it belongs to; for Depth::blobs also for a blob that is
/// not what its digest says, an image whose manifests or layers are missing, or framing that stock tools would read
/// differently (format). interrupted when `stop` is requested.
Status verify(const Bundle& bundle, Depth depth, std::size_t threads, Progress* progress, const std::stop_token& stop);

/// Bytes that verify() will report to its Progress.
[[nodiscard]] std::uint64_t verify_bytes(const Bundle& bundle, Depth depth);

}  // namespace kubeferry::bundle

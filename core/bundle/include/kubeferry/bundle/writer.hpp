// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include <kubeferry/base/result.hpp>
#include <kubeferry/base/stream.hpp>
#include <kubeferry/bundle/manifest.hpp>

namespace kubeferry::bundle {

inline constexpr std::uint64_t k_default_chunk_bytes = std::uint64_t{1024} * 1024;

/// Everything about a bundle that is known before its content is fetched. Two equal plans give equal bytes.
struct WritePlan {
  /// All but `blobs` and `payload`.
  Manifest manifest;
  /// The payload's entries in order: first those whose stored length is known (raw), then those to be compressed.
  /// Offsets need not be set; `stored` is set for raw rows.
  std::vector<BlobRow> rows;
  /// How many of `rows` are raw.
  std::size_t fixed = 0;
  /// Content of raw rows that is known already (layout files, documents, generated manifests), by row.
  std::map<std::size_t, Bytes> known;
  std::uint64_t chunk_size = k_default_chunk_bytes;
  int level = 6;  ///< zstd level of compressed rows (ADR 0005)
};

/// Where one raw blob's bytes go: straight to their final place, hashed on the way. One thread at a time.
class RawSlot {
public:
  virtual ~RawSlot() = default;
  /// Bytes already there from an earlier run, re-read and hashed when the slot was opened.
  [[nodiscard]] virtual std::uint64_t received() const = 0;
  /// The next bytes; integrity error when there are more than the blob has.
  virtual Status write(ByteView bytes) = 0;
  /// Forgets what was received.
  virtual Status restart() = 0;
  /// The blob is complete: integrity error when its length or digest is wrong (then nothing of it counts).
  virtual Status finish() = 0;
};

/// Writes PATH.partial beside its journal PATH.partial.journal, and publishes PATH when it is complete and signed.
///
/// Killed at any moment, a writer of the same plan goes on where it was. The destructor keeps both files.
class Writer {
public:
  /// Starts, or goes on when PATH.partial is of the same plan. no_space error when the file system cannot take what is
  /// known to come; locked error when another process writes the same bundle; io errors.
  static Result<std::unique_ptr<Writer>> open(const std::filesystem::path& path, WritePlan plan);
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  ~Writer();

  /// Whether a row was finished, in this run or an earlier one.
  [[nodiscard]] bool complete(std::size_t row) const;

  /// Opens a raw row for writing. Different rows may be written by different threads at once.
  Result<std::unique_ptr<RawSlot>> raw(std::size_t row);

  /// Compresses the content of `row` on `threads` threads and appends it. Compressed rows come in their order, from
  /// one thread. integrity error when length or digest are wrong; errors of `content` come through.
  Status put(std::size_t row, Source& content, std::size_t threads);

  /// Every row is complete: writes the rest, lets `sign` turn the manifest's text into an envelope's, publishes the
  /// bundle. Returns the manifest's digest.
  Result<crypto::Digest> finish(const std::function<Result<std::string>(std::string_view manifest)>& sign,
                                std::size_t threads, const std::stop_token& stop);

private:
  class Slot;
  struct State;
  explicit Writer(std::unique_ptr<State> state);
  Status write_known();
  Status resume_compressed();
  [[nodiscard]] std::unique_ptr<RawSlot> fresh_slot(std::size_t row);
  std::unique_ptr<State> state_;
};

/// The largest that the file can become; and the smallest that it is sure to become.
struct SizeBounds {
  std::uint64_t least = 0;
  std::uint64_t most = 0;
};
[[nodiscard]] SizeBounds size_bounds(const WritePlan& plan);

}  // namespace kubeferry::bundle

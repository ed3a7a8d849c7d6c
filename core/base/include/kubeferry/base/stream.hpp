// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include <kubeferry/base/bytes.hpp>
#include <kubeferry/base/result.hpp>

namespace kubeferry {

/// Where bytes come from. Pulls, so that memory stays bounded whatever the size.
class Source {
public:
  virtual ~Source() = default;

  /// Reads up to `buffer.size()` bytes (> 0). Returns how many; 0 means the end, and stays 0.
  virtual Result<std::size_t> read(MutableByteView buffer) = 0;
};

/// Where bytes go. Takes all of `bytes` or fails.
class Sink {
public:
  virtual ~Sink() = default;
  virtual Status write(ByteView bytes) = 0;
};

/// Random access to bytes that do not change length. Calls may come from several threads at once.
class RandomSource {
public:
  virtual ~RandomSource() = default;

  /// Length in bytes.
  [[nodiscard]] virtual std::uint64_t size() const = 0;

  /// Fills all of `buffer` from `offset`, or fails (reading past the end is a format error).
  virtual Status read_at(std::uint64_t offset, MutableByteView buffer) const = 0;
};

/// A view of bytes owned by someone who outlives it, as a Source.
class MemorySource final : public Source {
public:
  explicit MemorySource(ByteView bytes) : rest_(bytes) {}
  Result<std::size_t> read(MutableByteView buffer) override;

private:
  ByteView rest_;
};

/// Collects bytes in memory; fails with a limit error past `limit` bytes.
class MemorySink final : public Sink {
public:
  explicit MemorySink(std::uint64_t limit) : limit_(limit) {}
  Status write(ByteView bytes) override;
  [[nodiscard]] const Bytes& bytes() const noexcept { return bytes_; }
  [[nodiscard]] Bytes take() noexcept { return std::move(bytes_); }

private:
  std::uint64_t limit_;
  Bytes bytes_;
};

/// Moves everything from `source` to `sink` in pieces of 64 KiB. Returns the number of bytes moved.
Result<std::uint64_t> copy_all(Source& source, Sink& sink);

/// Reads `source` to its end; a limit error past `limit` bytes, naming `what`.
Result<Bytes> read_all(Source& source, std::uint64_t limit, std::string_view what);

}  // namespace kubeferry

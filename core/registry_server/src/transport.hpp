// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include <kubeferry/base/bytes.hpp>
#include <kubeferry/registry_server/content.hpp>

#include "buffer_pool.hpp"

namespace kubeferry::registry_server {

/// How a step on a non-blocking socket ended.
enum class Io {
  done,
  want_read,   ///< call again when the socket is readable
  want_write,  ///< call again when the socket is writable
  closed,      ///< the other side has gone, or has broken the protocol; nothing more will work
};

enum class More { no, yes };

/// A byte stream to one client, over a non-blocking socket that someone else owns. One thread at a time.
class Transport {
public:
  virtual ~Transport() = default;

  /// To be called until it is done, before anything else.
  virtual Io handshake() = 0;

  /// Reads up to `into.size()` bytes; `count` > 0 when done.
  virtual Io receive(MutableByteView into, std::size_t& count) = 0;

  /// Takes over bytes to send. Only when an earlier flush() was done. Io::done or Io::closed.
  virtual Io put(Buffer plain) = 0;

  /// Sends what was put. With More::yes the kernel may wait for what follows to fill a segment.
  virtual Io flush(More more) = 0;

  /// Whether send_file() may be used.
  [[nodiscard]] virtual bool sends_files() const noexcept = 0;

  /// Sends up to `limit` bytes of a file without copying them; `sent` says how many. Only when flush() was done.
  virtual Io send_file(const FileSpan& span, std::uint64_t limit, std::uint64_t& sent) = 0;

  /// Puts the end of the stream, where the protocol has one, behind what was put.
  virtual void finish() = 0;

  /// Bytes the kernel has taken so far: what progress is measured by.
  [[nodiscard]] virtual std::uint64_t written() const noexcept = 0;
};

/// Bytes as they are.
[[nodiscard]] std::unique_ptr<Transport> make_plain_transport(int socket);

/// Sends from the front of `pending` until it is empty or the socket is full; adds to `written`.
[[nodiscard]] Io send_pending(int socket, Buffer& pending, More more, std::uint64_t& written);

}  // namespace kubeferry::registry_server

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <unordered_set>

#include <kubeferry/registry_server/content.hpp>
#include <kubeferry/registry_server/pull_log.hpp>
#include <kubeferry/registry_server/server.hpp>

#include "buffer_pool.hpp"

namespace kubeferry::registry_server {

class Connection;

/// The open connections, for those who look at all of them. A connection is in here for as long as its socket is open,
/// so what is done under the lock is done to a socket that is still ours.
class ConnectionSet {
public:
  void add(Connection& connection);
  void remove(Connection& connection) noexcept;
  [[nodiscard]] std::size_t size() const;
  void for_each(const std::function<void(Connection&)>& visit) const;

private:
  mutable std::mutex mutex_;
  std::unordered_set<Connection*> all_;
};

/// What the connections of one server share. Outlives them.
struct Shared {
  Options options;
  std::shared_ptr<const Content> content;
  PullLog pulls;
  BufferPool buffers;
  ConnectionSet connections;
  std::atomic<std::size_t> transfers = 0;  ///< responses with a blob under way
  std::atomic<bool> stopping = false;
  std::mutex log_mutex;

  Shared(Options given, std::shared_ptr<const Content> what, std::size_t threads)
      : options(std::move(given)), content(std::move(what)), buffers(threads * 4) {}

  void log(std::string_view line) {
    const std::lock_guard lock(log_mutex);
    options.log(line);
  }
};

}  // namespace kubeferry::registry_server

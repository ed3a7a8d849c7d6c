// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kubeferry::registry_server {

enum class Pull { manifest, blob };

/// Who pulled what since the server started. Bounded: past k_max_rows pairs of client and repository, further pairs are
/// counted together. May be used from several threads.
class PullLog {
public:
  static constexpr std::size_t k_max_rows = 2048;

  struct Counts {
    std::uint64_t manifests = 0;
    std::uint64_t blobs = 0;
    std::uint64_t bytes = 0;  ///< of bodies, as sent
  };
  struct Row {
    std::string client;
    std::string repository;
    Counts counts;
  };

  /// Counts one finished response. `client` is an address without port.
  void record(std::string_view client, std::string_view repository, Pull what, std::uint64_t bytes);

  /// By client, then repository; the overflow row, if any, last with empty names.
  [[nodiscard]] std::vector<Row> rows() const;

private:
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, Counts> counts_;
  Counts others_;
};

}  // namespace kubeferry::registry_server

// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/registry_server/pull_log.hpp>

namespace kubeferry::registry_server {

void PullLog::record(std::string_view client, std::string_view repository, Pull what, std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  std::pair<std::string, std::string> key{client, repository};
  auto found = counts_.find(key);
  if (found == counts_.end() && counts_.size() < k_max_rows) {
    found = counts_.emplace(std::move(key), Counts{}).first;
  }
  Counts& counts = found == counts_.end() ? others_ : found->second;
  (what == Pull::manifest ? counts.manifests : counts.blobs) += 1;
  counts.bytes += bytes;
}

std::vector<PullLog::Row> PullLog::rows() const {
  const std::lock_guard lock(mutex_);
  std::vector<Row> out;
  out.reserve(counts_.size() + 1);
  for (const auto& [key, counts] : counts_) {
    out.push_back({key.first, key.second, counts});
  }
  if (others_.manifests + others_.blobs != 0) {
    out.push_back({{}, {}, others_});
  }
  return out;
}

}  // namespace kubeferry::registry_server

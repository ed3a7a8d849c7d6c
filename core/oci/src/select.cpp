// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/oci/select.hpp>

#include <algorithm>

#include <kubeferry/oci/media_type.hpp>

namespace kubeferry::oci {
namespace {

const Descriptor* best_match(const Index& index, const Platform& wanted) {
  const Descriptor* best = nullptr;
  std::optional<unsigned> best_rank;
  for (const Descriptor& entry : index.manifests) {
    if (!entry.platform || !is_manifest(entry.media_type)) {
      continue;
    }
    const auto rank = match_rank(wanted, *entry.platform);
    if (rank && (!best_rank || *rank < *best_rank)) {
      best = &entry;
      best_rank = rank;
    }
  }
  return best;
}

}  // namespace

std::vector<Selection> select_platforms(const Index& index, std::span<const Platform> wanted) {
  std::vector<Selection> chosen;
  chosen.reserve(wanted.size());
  for (const Platform& platform : wanted) {
    const Descriptor* const match = best_match(index, platform);
    chosen.push_back({platform, match == nullptr ? std::nullopt : std::optional(*match)});
  }
  return chosen;
}

std::vector<Descriptor> select_attestations(const Index& index, std::span<const Selection> chosen) {
  std::vector<Descriptor> attestations;
  for (const Descriptor& entry : index.manifests) {
    const std::string_view subject = entry.annotation("vnd.docker.reference.digest");
    const bool about_chosen = std::any_of(chosen.begin(), chosen.end(), [&](const Selection& selection) {
      return selection.manifest && selection.manifest->digest.to_string() == subject;
    });
    if (about_chosen && entry.annotation("vnd.docker.reference.type") == "attestation-manifest") {
      attestations.push_back(entry);
    }
  }
  return attestations;
}

}  // namespace kubeferry::oci

// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/bundle/diff.hpp>

#include <map>
#include <tuple>
#include <unordered_set>

namespace kubeferry::bundle {

namespace {

/// Kind's place in the answer, kind, name, platform → digest.
using Facts = std::map<std::tuple<int, std::string, std::string, std::string>, std::string>;

Facts facts_of(const Manifest& manifest) {
  Facts facts;
  for (const auto& platform : manifest.platforms) {
    facts.insert({{0, "platform", platform, ""}, ""});
  }
  for (const auto& image : manifest.images) {
    facts.insert({{1, "image", image.reference, ""}, image.descriptor.digest.to_string()});
    for (const auto& part : image.manifests) {
      facts.insert({{1, "image", image.reference, part.platform}, part.descriptor.digest.to_string()});
    }
  }
  for (const auto& file : manifest.files) {
    facts.insert({{2, "file", file.path, file.platform}, file.digest.to_string()});
  }
  for (const auto& repository : manifest.packages) {
    for (const auto& file : repository.files) {
      facts.insert({{3, "package", fmt::format("{} {}", repository.name, file.path), repository.platform},
                    file.digest.to_string()});
    }
  }
  for (const auto& document : manifest.documents) {
    facts.insert({{4, "document", document.kind + " " + document.name, ""}, document.digest.to_string()});
  }
  return facts;
}

void count_blobs(const Manifest& manifest, const std::unordered_set<crypto::Digest>& other, BlobCount& own,
                 BlobCount* shared) {
  for (const auto& row : manifest.blobs) {
    BlobCount* count = other.contains(row.digest) ? shared : &own;
    if (count != nullptr) {
      ++count->blobs;
      count->bytes += row.stored;
    }
  }
}

std::unordered_set<crypto::Digest> digests_of(const Manifest& manifest) {
  std::unordered_set<crypto::Digest> digests;
  for (const auto& row : manifest.blobs) {
    digests.insert(row.digest);
  }
  return digests;
}

}  // namespace

std::string_view to_string(Change change) noexcept {
  switch (change) {
    case Change::added: return "added";
    case Change::removed: return "removed";
    case Change::changed: return "changed";
  }
  return "changed";
}

BundleDiff diff(const Manifest& before, const Manifest& after) {
  BundleDiff result;
  const Facts old_facts = facts_of(before);
  const Facts new_facts = facts_of(after);
  Facts keys = old_facts;
  keys.insert(new_facts.begin(), new_facts.end());
  for (const auto& [key, unused] : keys) {
    const auto& [order, kind, name, platform] = key;
    const auto was = old_facts.find(key);
    const auto is = new_facts.find(key);
    if (was == old_facts.end()) {
      result.differences.push_back({Change::added, kind, name, platform, "", is->second});
    } else if (is == new_facts.end()) {
      result.differences.push_back({Change::removed, kind, name, platform, was->second, ""});
    } else if (was->second != is->second) {
      result.differences.push_back({Change::changed, kind, name, platform, was->second, is->second});
    }
  }
  count_blobs(before, digests_of(after), result.only_before, nullptr);
  count_blobs(after, digests_of(before), result.only_after, &result.shared);
  return result;
}

}  // namespace kubeferry::bundle

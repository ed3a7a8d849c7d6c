// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/oci/layout.hpp>

#include <algorithm>
#include <tuple>
#include <vector>

#include <kubeferry/base/json.hpp>
#include <kubeferry/oci/media_type.hpp>

namespace kubeferry::oci {
namespace {

Json entry_to_json(const LayoutEntry& entry) {
  Descriptor named = entry.descriptor;
  if (!entry.name.empty()) {
    std::erase_if(named.annotations, [](const auto& annotation) {
      return annotation.first == k_annotation_ref_name || annotation.first == k_annotation_containerd_name;
    });
    named.annotations.emplace_back(k_annotation_containerd_name, entry.name);
    named.annotations.emplace_back(k_annotation_ref_name, entry.name);
  }
  return named.to_json();
}

}  // namespace

std::string blob_path(const crypto::Digest& digest) {
  return "blobs/" + std::string(crypto::hash_name(digest.algorithm())) + "/" + digest.hex();
}

std::string index_json(std::span<const LayoutEntry> entries) {
  std::vector<const LayoutEntry*> sorted;
  for (const LayoutEntry& entry : entries) {
    sorted.push_back(&entry);
  }
  std::stable_sort(sorted.begin(), sorted.end(), [](const LayoutEntry* a, const LayoutEntry* b) {
    return std::tie(a->name, a->descriptor.digest) < std::tie(b->name, b->descriptor.digest);
  });
  Json manifests = Json::array();
  for (const LayoutEntry* const entry : sorted) {
    manifests.push(entry_to_json(*entry));
  }
  Json json = Json::object();
  json.set("schemaVersion", 2).set("mediaType", k_oci_index).set("manifests", std::move(manifests));
  return to_text(json);
}

}  // namespace kubeferry::oci

// SPDX-License-Identifier: Apache-2.0
#include "image_tree.hpp"

#include <algorithm>
#include <set>

#include <kubeferry/base/json.hpp>
#include <kubeferry/oci/manifest.hpp>
#include <kubeferry/oci/media_type.hpp>

namespace kubeferry::installer {

namespace {

bool is_wanted(const oci::Platform& offered, std::span<const oci::Platform> wanted) {
  return std::any_of(wanted.begin(), wanted.end(),
                     [&](const oci::Platform& one) { return oci::match_rank(one, offered).has_value(); });
}

class TreeReader {
public:
  TreeReader(const BundleSet& bundles, std::span<const oci::Platform> wanted) : bundles_(bundles), wanted_(wanted) {}

  Result<ImageTree> read(const oci::Descriptor& descriptor, unsigned depth) const {
    ImageTree tree;
    tree.document.media_type = descriptor.media_type;
    tree.document.digest = descriptor.digest;
    KF_TRY_ASSIGN(tree.document.bytes, bundles_.manifest(descriptor.digest));
    KF_TRY_ASSIGN(const oci::Document document,
                  oci::parse_document(tree.document.bytes, descriptor.media_type, descriptor.digest.to_string()));
    if (const auto* index = std::get_if<oci::Index>(&document)) {
      tree.is_index = true;
      KF_TRY(read_children(tree, *index, depth));
    } else {
      add_blobs(tree, std::get<oci::Manifest>(document));
    }
    return tree;
  }

private:
  Status read_children(ImageTree& tree, const oci::Index& index, unsigned depth) const {
    if (depth >= oci::k_max_index_depth) {
      return fail(ExitCode::limit, "{}: indexes nest deeper than {}", tree.document.digest.to_string(),
                  oci::k_max_index_depth);
    }
    std::set<std::string> taken;
    for (const oci::Descriptor& entry : index.manifests) {
      if (is_direct(entry)) {
        taken.insert(entry.digest.to_string());
      }
    }
    for (const oci::Descriptor& entry : index.manifests) {
      const bool about_taken = taken.contains(std::string(entry.annotation("vnd.docker.reference.digest")));
      const bool may_hold_some = oci::is_index(entry.media_type);
      if (bundles_.holder(entry.digest) == nullptr || (!is_direct(entry) && !about_taken && !may_hold_some)) {
        tree.complete = false;
        continue;
      }
      KF_TRY_ASSIGN(ImageTree child, read(entry, depth + 1));
      if (child.is_index && child.children.empty()) {
        tree.complete = false;
        continue;
      }
      tree.complete = tree.complete && child.complete;
      tree.children.push_back(std::move(child));
    }
    return {};
  }

  [[nodiscard]] bool is_direct(const oci::Descriptor& entry) const {
    return !oci::is_index(entry.media_type) && bundles_.holder(entry.digest) != nullptr &&
           (wanted_.empty() || (entry.platform && is_wanted(*entry.platform, wanted_)));
  }

  static void add_blobs(ImageTree& tree, const oci::Manifest& manifest) {
    std::set<crypto::Digest> seen;
    const auto add = [&](const oci::Descriptor& blob) {
      if (seen.insert(blob.digest).second) {
        tree.blobs.push_back(blob);
      }
    };
    add(manifest.config);
    for (const oci::Descriptor& layer : manifest.layers) {
      add(layer);
    }
  }

  const BundleSet& bundles_;
  std::span<const oci::Platform> wanted_;
};

/// Whether a row that is no index is for a wanted platform; the row knows, the manifest does not.
bool single_is_wanted(const bundle::ImageRow& row, std::span<const oci::Platform> wanted) {
  return wanted.empty() || row.manifests.empty() ||
         std::any_of(row.manifests.begin(), row.manifests.end(), [&](const bundle::PlatformManifest& part) {
           const auto platform = oci::Platform::parse(part.platform);
           return platform && is_wanted(*platform, wanted);
         });
}

}  // namespace

oci::Descriptor ImageTree::descriptor() const {
  oci::Descriptor out;
  out.media_type = document.media_type;
  out.digest = document.digest;
  out.size = document.bytes.size();
  return out;
}

Result<std::optional<ImageTree>> read_image_tree(const BundleSet& bundles, const bundle::ImageRow& row,
                                                 std::span<const oci::Platform> wanted) {
  if (!oci::is_index(row.descriptor.media_type) && !single_is_wanted(row, wanted)) {
    return std::optional<ImageTree>();
  }
  auto tree = TreeReader(bundles, wanted).read(row.descriptor, 0);
  if (!tree) {
    return Failure(std::move(tree).error().prefixed(row.reference));
  }
  if (tree->is_index && tree->children.empty()) {
    return std::optional<ImageTree>();
  }
  return std::optional<ImageTree>(std::move(*tree));
}

Result<oci::ManifestBytes> filtered_index(const ImageTree& index) {
  KF_TRY_ASSIGN(const Json original,
                parse_json(as_text(index.document.bytes), index.document.digest.to_string(), {}, Floats::become_null));
  Json kept = Json::array();
  if (const Json* manifests = original.find("manifests"); manifests != nullptr && manifests->as_array() != nullptr) {
    for (const Json& entry : *manifests->as_array()) {
      const Json* digest = entry.find("digest");
      const auto child = std::find_if(index.children.begin(), index.children.end(), [&](const ImageTree& one) {
        return digest != nullptr && digest->as_string() != nullptr &&
               *digest->as_string() == one.document.digest.to_string();
      });
      if (child == index.children.end()) {
        continue;
      }
      if (child->complete) {
        kept.push(entry);
        continue;
      }
      KF_TRY_ASSIGN(const oci::ManifestBytes nested, filtered_index(*child));
      Json changed = Json::object();
      for (const auto& [key, value] : *entry.as_object()) {
        changed.set(key, key == "digest" ? Json(nested.digest.to_string())
                         : key == "size" ? Json(std::uint64_t{nested.bytes.size()})
                                         : value);
      }
      kept.push(std::move(changed));
    }
  }
  Json out = Json::object();
  for (const auto& [key, value] : *original.as_object()) {
    out.set(key, key == "manifests" ? std::move(kept) : value);
  }
  const std::string text = to_text(out);
  const ByteView bytes = as_byte_view(text);
  return oci::ManifestBytes{index.document.media_type, crypto::Digest::of(bytes), Bytes(bytes.begin(), bytes.end())};
}

}  // namespace kubeferry::installer

// SPDX-License-Identifier: Apache-2.0
#include "mirror_plan.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <kubeferry/base/text.hpp>

namespace kubeferry::installer {

namespace {

class Planner {
public:
  Planner(const BundleSet& bundles, const MirrorOptions& options) : bundles_(bundles), options_(options) {}

  Result<MirrorPlan> make() {
    for (const auto& bundle : bundles_.bundles()) {
      for (const bundle::ImageRow& row : bundle->manifest().images) {
        KF_TRY(add(row, Kind::image));
      }
      for (const bundle::ImageRow& row : bundle->manifest().artifacts) {
        KF_TRY(add(row, Kind::artifact));
      }
    }
    if (plan_.images.empty() && !plan_.skipped.empty()) {
      return fail(ExitCode::usage, "nothing in the bundle is for the wanted platforms");
    }
    KF_TRY_ASSIGN(const auto mappings, map_paths(inputs_, options_.target, options_.paths));
    for (const Mapping& mapping : mappings) {
      PlannedImage& image = plan_.images[mapping.input];
      image.names.push_back(mapping);
      collect(image.tree, mapping.repository);
    }
    for (auto& [digest, need] : blobs_) {
      plan_.bytes += need.blob.size;
      plan_.blobs.push_back({std::move(need.blob), {need.repositories.begin(), need.repositories.end()}});
    }
    std::stable_sort(plan_.blobs.begin(), plan_.blobs.end(),
                     [](const PlannedBlob& a, const PlannedBlob& b) { return a.blob.size > b.blob.size; });
    return std::move(plan_);
  }

private:
  struct Need {
    oci::Descriptor blob;
    std::set<std::string> repositories;
  };

  Status add(const bundle::ImageRow& row, Kind kind) {
    if (!seen_.insert(row.reference).second) {
      return {};  // the bundle named first has it
    }
    auto reference = oci::Reference::parse(row.reference);
    if (!reference) {
      return fail(ExitCode::format, "'{}' is no reference: {}", printable(row.reference), reference.error().message);
    }
    KF_TRY_ASSIGN(auto tree, read_image_tree(bundles_, row, options_.platforms));
    if (!tree) {
      plan_.skipped.push_back(row.reference);
      return {};
    }
    inputs_.push_back({std::move(*reference), row.descriptor.digest, kind});
    plan_.images.push_back({row.reference, kind, std::move(*tree), {}});
    return {};
  }

  void collect(const ImageTree& tree, const std::string& repository) {
    for (const oci::Descriptor& blob : tree.blobs) {
      Need& need = blobs_.try_emplace(blob.digest, Need{blob, {}}).first->second;
      need.repositories.insert(repository);
    }
    for (const ImageTree& child : tree.children) {
      collect(child, repository);
    }
  }

  const BundleSet& bundles_;
  const MirrorOptions& options_;
  MirrorPlan plan_;
  std::vector<MappingInput> inputs_;
  std::set<std::string> seen_;
  std::map<crypto::Digest, Need> blobs_;
};

}  // namespace

Result<MirrorPlan> make_mirror_plan(const BundleSet& bundles, const MirrorOptions& options) {
  return Planner(bundles, options).make();
}

}  // namespace kubeferry::installer

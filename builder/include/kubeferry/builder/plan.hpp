// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include <kubeferry/base/result.hpp>
#include <kubeferry/builder/lock.hpp>
#include <kubeferry/bundle/writer.hpp>
#include <kubeferry/catalog/cni.hpp>
#include <kubeferry/catalog/spec.hpp>
#include <kubeferry/oci/reference.hpp>

namespace kubeferry::builder {

/// A raw row of the bundle that must be fetched: from a registry, or by a URL.
struct BlobTask {
  std::size_t row = 0;
  oci::Reference from;  ///< registry and repository; of no meaning with a URL
  oci::Descriptor descriptor;
  bool manifest = false;  ///< fetched as a manifest, not as a blob
  std::string url;        ///< of a package; empty for what a registry has
};

/// One download, and the compressed rows it fills in the order in which it brings them.
struct FileTask {
  std::size_t download = 0;  ///< index in the lock
  struct Row {
    std::size_t row = 0;
    std::size_t file = 0;  ///< index in the download's files
  };
  std::vector<Row> rows;
};

/// A lock turned into work: what the bundle will be, and what to fetch for it.
struct BuildPlan {
  bundle::WritePlan write;
  std::vector<BlobTask> blobs;
  std::vector<FileTask> files;
};

struct PlanInputs {
  const catalog::Spec& spec;
  std::string spec_text;  ///< as the user wrote it: goes into the bundle
  const Lock& lock;
  /// Documents that are there already, by digest; what a plan needs of them (indexes, manifests, configurations, the
  /// CNI's manifest) is not fetched again.
  const std::map<crypto::Digest, Bytes>& documents;
  catalog::PodCidrLocation pod_cidr_location;  ///< of the spec's CNI, from the catalog
  std::vector<std::string> cni_images;  ///< what its release runs, from the catalog; none for a manifest of one's own
};

/// format error when the CNI's manifest cannot be rewritten, or the lock's packages make no repository; usage error
/// when it is not among the documents.
Result<BuildPlan> make_plan(const PlanInputs& inputs);

}  // namespace kubeferry::builder

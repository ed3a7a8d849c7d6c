// SPDX-License-Identifier: Apache-2.0
// Manifests and image configurations from a registry: nothing they say breaks us, and what is accepted reads one way.
#include <cstddef>
#include <cstdint>
#include <span>

#include <kubeferry/base/json.hpp>
#include <kubeferry/oci/manifest.hpp>
#include <kubeferry/oci/media_type.hpp>
#include <kubeferry/oci/select.hpp>

#include "require.hpp"

namespace {

using kubeferry::fuzz::require;

void check_descriptor(const kubeferry::oci::Descriptor& descriptor) {
  const kubeferry::Json json = descriptor.to_json();
  auto again = kubeferry::oci::Descriptor::parse(kubeferry::JsonView(json, "again"));
  require(again.has_value(), "a written descriptor can be read");
  again->has_urls = descriptor.has_urls;  // the one thing that is not written
  require(*again == descriptor, "a descriptor reads back the same");
  require(descriptor.size <= kubeferry::oci::k_max_blob_bytes, "sizes are capped");
}

void check_index(const kubeferry::oci::Index& index) {
  require(kubeferry::oci::is_index(index.media_type), "an index says so");
  require(index.manifests.size() <= kubeferry::oci::k_max_descriptors, "entries are capped");
  for (const auto& entry : index.manifests) {
    check_descriptor(entry);
  }
  const std::vector<kubeferry::oci::Platform> wanted = {{"linux", "amd64", "", ""}, {"linux", "arm", "", ""}};
  for (const auto& selection : kubeferry::oci::select_platforms(index, wanted)) {
    require(!selection.manifest || selection.manifest->platform->os == "linux", "only linux is chosen for linux");
  }
}

void check_manifest(const kubeferry::oci::Manifest& manifest) {
  require(kubeferry::oci::is_manifest(manifest.media_type), "a manifest says so");
  check_descriptor(manifest.config);
  for (const auto& layer : manifest.layers) {
    check_descriptor(layer);
    require(!layer.has_urls && !kubeferry::oci::is_foreign(layer.media_type), "foreign layers are refused");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto raw = std::as_bytes(std::span(data, size));
  if (const auto document = kubeferry::oci::parse_document(raw, "", "document")) {
    if (const auto* const index = std::get_if<kubeferry::oci::Index>(&*document)) {
      check_index(*index);
    } else {
      check_manifest(std::get<kubeferry::oci::Manifest>(*document));
    }
  }
  if (const auto config = kubeferry::oci::parse_image_config(raw, "config")) {
    require(config->diff_ids.size() <= kubeferry::oci::k_max_descriptors, "layers are capped");
  }
  return 0;
}

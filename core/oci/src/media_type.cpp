// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/oci/media_type.hpp>

namespace kubeferry::oci {

bool is_index(std::string_view media_type) noexcept {
  return media_type == k_oci_index || media_type == k_docker_index;
}

bool is_manifest(std::string_view media_type) noexcept {
  return media_type == k_oci_manifest || media_type == k_docker_manifest;
}

bool is_image_config(std::string_view media_type) noexcept {
  return media_type == k_oci_config || media_type == k_docker_config;
}

bool is_layer(std::string_view media_type) noexcept {
  return media_type == k_oci_layer_tar || media_type == k_oci_layer_gzip || media_type == k_oci_layer_zstd ||
         media_type == k_docker_layer_gzip || media_type == k_docker_layer_tar;
}

bool is_foreign(std::string_view media_type) noexcept {
  return media_type.starts_with("application/vnd.oci.image.layer.nondistributable.") ||
         media_type.starts_with("application/vnd.docker.image.rootfs.foreign.");
}

bool is_encrypted(std::string_view media_type) noexcept { return media_type.ends_with("+encrypted"); }

bool is_schema1(std::string_view media_type) noexcept {
  return media_type == "application/vnd.docker.distribution.manifest.v1+json" ||
         media_type == "application/vnd.docker.distribution.manifest.v1+prettyjws";
}

}  // namespace kubeferry::oci

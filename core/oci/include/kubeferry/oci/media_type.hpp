// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string_view>

namespace kubeferry::oci {

inline constexpr std::string_view k_oci_index = "application/vnd.oci.image.index.v1+json";
inline constexpr std::string_view k_oci_manifest = "application/vnd.oci.image.manifest.v1+json";
inline constexpr std::string_view k_oci_config = "application/vnd.oci.image.config.v1+json";
inline constexpr std::string_view k_oci_empty = "application/vnd.oci.empty.v1+json";
inline constexpr std::string_view k_oci_layer_tar = "application/vnd.oci.image.layer.v1.tar";
inline constexpr std::string_view k_oci_layer_gzip = "application/vnd.oci.image.layer.v1.tar+gzip";
inline constexpr std::string_view k_oci_layer_zstd = "application/vnd.oci.image.layer.v1.tar+zstd";
inline constexpr std::string_view k_docker_index = "application/vnd.docker.distribution.manifest.list.v2+json";
inline constexpr std::string_view k_docker_manifest = "application/vnd.docker.distribution.manifest.v2+json";
inline constexpr std::string_view k_docker_config = "application/vnd.docker.container.image.v1+json";
inline constexpr std::string_view k_docker_layer_gzip = "application/vnd.docker.image.rootfs.diff.tar.gzip";
inline constexpr std::string_view k_docker_layer_tar = "application/vnd.docker.image.rootfs.diff.tar";

/// Every kind of manifest we can read, in the order to ask for them (`Accept`).
inline constexpr std::array k_accepted_manifests = {k_oci_index, k_docker_index, k_oci_manifest, k_docker_manifest};

[[nodiscard]] bool is_index(std::string_view media_type) noexcept;
[[nodiscard]] bool is_manifest(std::string_view media_type) noexcept;  ///< of one image; not an index
[[nodiscard]] bool is_image_config(std::string_view media_type) noexcept;
/// A layer that every runtime can unpack.
[[nodiscard]] bool is_layer(std::string_view media_type) noexcept;
/// A layer that lies elsewhere, or must not be passed on ("foreign", "nondistributable").
[[nodiscard]] bool is_foreign(std::string_view media_type) noexcept;
[[nodiscard]] bool is_encrypted(std::string_view media_type) noexcept;  ///< "…+encrypted"
/// Docker's schema 1, signed or not: has no digests for its configuration and is not carried.
[[nodiscard]] bool is_schema1(std::string_view media_type) noexcept;

}  // namespace kubeferry::oci

// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/oci/media_type.hpp>

#include <gtest/gtest.h>

namespace kubeferry::oci {
namespace {

TEST(MediaType, KindsDoNotOverlap) {
  for (const std::string_view type : k_accepted_manifests) {
    EXPECT_NE(is_index(type), is_manifest(type)) << type;
    EXPECT_FALSE(is_layer(type) || is_foreign(type) || is_schema1(type) || is_image_config(type)) << type;
  }
  for (const std::string_view type :
       {k_oci_layer_tar, k_oci_layer_gzip, k_oci_layer_zstd, k_docker_layer_gzip, k_docker_layer_tar}) {
    EXPECT_TRUE(is_layer(type)) << type;
    EXPECT_FALSE(is_foreign(type) || is_encrypted(type) || is_manifest(type)) << type;
  }
}

TEST(MediaType, ForeignLayersAreNoLayers) {
  for (const std::string_view type : {"application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
                                      "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"}) {
    EXPECT_TRUE(is_foreign(type)) << type;
    EXPECT_FALSE(is_layer(type)) << type;
  }
}

TEST(MediaType, Others) {
  EXPECT_TRUE(is_encrypted("application/vnd.oci.image.layer.v1.tar+gzip+encrypted"));
  EXPECT_FALSE(is_layer("application/vnd.oci.image.layer.v1.tar+gzip+encrypted"));
  EXPECT_TRUE(is_schema1("application/vnd.docker.distribution.manifest.v1+prettyjws"));
  EXPECT_TRUE(is_image_config(k_docker_config));
  EXPECT_FALSE(is_image_config(k_oci_empty));
}

}  // namespace
}  // namespace kubeferry::oci

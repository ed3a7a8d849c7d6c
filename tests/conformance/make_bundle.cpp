// SPDX-License-Identifier: Apache-2.0
// make_conformance_bundle FOLDER: a bundle with what the OCI conformance suite wants to find, since nothing can be
// pushed to `serve`: a repository with four tags, and an image that five others refer to. Writes conformance.tar.zst
// and conformance.pub there, and prints the suite's settings as shell assignments.
#include <gtest/gtest.h>

#include <cstdio>

#include <kubeferry/base/atomic_file.hpp>
#include <kubeferry/oci/manifest.hpp>

#include "bundle_maker.hpp"

int main(int argc, char** argv) {
  using namespace kubeferry;
  using namespace kubeferry::installer::testing_support;
  if (argc != 2) {
    std::fputs("usage: make_conformance_bundle FOLDER\n", stderr);
    return 2;
  }
  const std::filesystem::path folder = argv[1];
  constexpr const char* k_repository = "registry.k8s.io/conformance/suite";
  // The suite's own names for the types: it asks for two of the first.
  constexpr const char* k_first_type = "application/vnd.nhl.peanut.butter.bagel";
  constexpr const char* k_second_type = "application/vnd.nba.strawberry.jam.croissant";
  BundleMaker maker;
  const auto image = maker.image("amd64", {1, 2});
  std::string tags;
  for (int n = 0; n < 4; ++n) {
    maker.name(fmt::format("{}:test{}", k_repository, n), image, {{"linux/amd64", image}});
    tags += fmt::format("{}test{}", tags.empty() ? "" : ",", n);
  }
  int number = 0;
  for (const char* type : {k_first_type, k_first_type, k_second_type, k_second_type, "application/vnd.example.index"}) {
    const auto referrer = maker.referrer(image, type, std::to_string(number++));
    maker.name_artifact(fmt::format("{}@{}", k_repository, referrer.digest.to_string()), referrer);
  }
  const auto bundle = maker.write(folder / "conformance.tar.zst");
  if (!bundle || !write_file_atomically(folder / "conformance.pub", maker.key().public_key().to_pem(), 0644)) {
    return 1;
  }
  const auto manifest = bundle->read(image.digest, oci::k_max_manifest_bytes);
  const auto config = oci::parse_manifest(manifest.value(), image.media_type, "the image").value().config.digest;
  std::printf("OCI_NAMESPACE=conformance/suite\nOCI_TAG_NAME=test0\nOCI_TAG_LIST=%s\n", tags.c_str());
  std::printf("OCI_MANIFEST_DIGEST=%s\nOCI_BLOB_DIGEST=%s\n", image.digest.to_string().c_str(),
              config.to_string().c_str());
  return ::testing::Test::HasFailure() ? 1 : 0;
}

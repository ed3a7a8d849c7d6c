// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/oci/select.hpp>

#include <gtest/gtest.h>

#include <kubeferry/oci/media_type.hpp>

namespace kubeferry::oci {
namespace {

Descriptor entry(const std::string& name, std::optional<Platform> platform, std::string_view type = k_oci_manifest) {
  return {.media_type = std::string(type),
          .digest = crypto::Digest::of(as_byte_view(name)),
          .size = 1,
          .platform = std::move(platform),
          .annotations = {{"name", name}},
          .artifact_type = {},
          .has_urls = false};
}
Descriptor attestation(const std::string& name, const std::string& subject) {
  Descriptor descriptor = entry(name, Platform{"unknown", "unknown", "", ""});
  descriptor.annotations.emplace_back("vnd.docker.reference.type", "attestation-manifest");
  descriptor.annotations.emplace_back("vnd.docker.reference.digest",
                                      crypto::Digest::of(as_byte_view(subject)).to_string());
  return descriptor;
}
Platform linux_on(std::string architecture, std::string variant = "") {
  return {"linux", std::move(architecture), std::move(variant), ""};
}
std::string chosen(const Index& index, const Platform& wanted) {
  const auto selection = select_platforms(index, std::vector{wanted});
  return selection.at(0).manifest ? std::string(selection.at(0).manifest->annotation("name")) : "none";
}

TEST(SelectPlatforms, TakesTheBestOfEach) {
  Index index;
  index.manifests = {entry("v6", linux_on("arm", "v6")), entry("amd64", linux_on("amd64")),
                     entry("v7", linux_on("arm", "v7")), entry("arm64", linux_on("arm64", "v8")),
                     entry("amd64v2", linux_on("amd64", "v2"))};
  EXPECT_EQ(chosen(index, linux_on("arm")), "v7");
  EXPECT_EQ(chosen(index, linux_on("arm", "v6")), "v6");
  EXPECT_EQ(chosen(index, linux_on("amd64")), "amd64");
  EXPECT_EQ(chosen(index, linux_on("arm64")), "arm64");
  EXPECT_EQ(chosen(index, linux_on("s390x")), "none");
}

TEST(SelectPlatforms, ArmWithoutVariant) {
  Index index;
  index.manifests = {entry("v5", linux_on("arm", "v5")), entry("plain", linux_on("arm"))};
  EXPECT_EQ(chosen(index, linux_on("arm")), "plain");
  EXPECT_EQ(chosen(index, linux_on("arm", "v7")), "plain");
}

TEST(SelectPlatforms, SkipsWhatNobodyRuns) {
  Index index;
  index.manifests = {entry("windows", Platform{"windows", "amd64", "", "10.0.17763.1"}),
                     attestation("attestation", "amd64"),
                     entry("nothing", std::nullopt),
                     entry("nested", linux_on("amd64"), k_oci_index),
                     entry("first", linux_on("amd64")),
                     entry("second", linux_on("amd64"))};
  EXPECT_EQ(chosen(index, linux_on("amd64")), "first");
}

TEST(SelectPlatforms, AnswersInOrder) {
  const std::vector wanted = {linux_on("s390x"), linux_on("amd64")};
  Index index;
  index.manifests = {entry("amd64", linux_on("amd64")), entry("s390x", linux_on("s390x"))};
  const auto selections = select_platforms(index, wanted);
  ASSERT_EQ(selections.size(), 2U);
  EXPECT_EQ(selections[0].wanted, wanted[0]);
  EXPECT_EQ(selections[0].manifest.value().annotation("name"), "s390x");
  EXPECT_TRUE(select_platforms(index, {}).empty());
}

TEST(SelectAttestations, FollowsTheChosen) {
  Index index;
  index.manifests = {entry("amd64", linux_on("amd64")), entry("arm64", linux_on("arm64")),
                     attestation("about amd64", "amd64"), attestation("about arm64", "arm64")};
  const auto selections = select_platforms(index, std::vector{linux_on("amd64"), linux_on("s390x")});
  const auto attestations = select_attestations(index, selections);
  ASSERT_EQ(attestations.size(), 1U);
  EXPECT_EQ(attestations[0].annotation("name"), "about amd64");
}

}  // namespace
}  // namespace kubeferry::oci

// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/builder/plan.hpp>

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "manifest_reference.hpp"

namespace kubeferry::builder {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// A bundle of one pod network, from `files` as its release publishes them and one image as it was locked.
class PlanOfANetwork : public testing::Test {
protected:
  Result<BuildPlan> plan(const std::vector<std::string>& files, const std::string& reference) {
    Lock lock;
    lock.images.push_back({.reference = reference,
                           .descriptor = {.media_type = "application/vnd.oci.image.index.v1+json",
                                          .digest = crypto::Digest::of(as_byte_view("index")),
                                          .size = 5},
                           .manifests = {},
                           .omitted = {}});
    std::map<crypto::Digest, Bytes> documents;
    for (const auto& text : files) {
      const ByteView view = as_byte_view(text);
      LockedDownload download;
      download.url = "https://example.org/m.yaml";
      download.kind = "manifest";
      download.name = "net";
      download.digest = crypto::Digest::of(view);
      documents.emplace(download.digest, Bytes(view.begin(), view.end()));
      lock.downloads.push_back(std::move(download));
    }
    for (const auto& [name, text] : extras_) {
      const ByteView view = as_byte_view(text);
      LockedDownload download{.url = {}, .source = name + ".yaml", .kind = "extra-manifest", .name = name};
      download.digest = crypto::Digest::of(view);
      documents.emplace(download.digest, Bytes(view.begin(), view.end()));
      lock.downloads.push_back(std::move(download));
    }
    const auto spec = catalog::parse_spec(
        "apiVersion: kubeferry/v1\nkind: Bundle\nname: a\nversion: v1\nplatforms: [linux/amd64]\n"
        "cni: {name: calico-operator, podCIDR: 10.1.0.0/16}\n" +
            extra_,
        "site.yaml");
    return make_plan({*spec, "", lock, documents, location_, known_});
  }

  static std::string document(const BuildPlan& plan, std::string_view kind) {
    const auto& rows = plan.write.manifest.documents;
    const auto row = std::ranges::find(rows, kind, &bundle::DocumentRow::kind);
    for (const auto& [n, content] : plan.write.known) {
      if (row != rows.end() && plan.write.rows[n].digest == row->digest) {
        return std::string(as_text(content));
      }
    }
    return "none";
  }

  catalog::PodCidrLocation location_;
  std::vector<std::string> known_;
  std::string extra_;                                        ///< more lines of the spec
  std::vector<std::pair<std::string, std::string>> extras_;  ///< name → text of its manifests
};

TEST_F(PlanOfANetwork, SeveralFilesBecomeOneInTheirOrder) {
  location_ = {catalog::PodCidrLocation::Kind::resource, "Installation", "spec.cidr"};
  const auto made = plan({"kind: A\n", "kind: B", "kind: Installation\nspec: {cidr: 192.168.0.0/16}\n"}, "a.b/c:1");
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(document(*made, "cni-manifest"),
            "kind: A\n---\nkind: B\n---\nkind: Installation\nspec: {cidr: 10.1.0.0/16}\n");
  EXPECT_THAT(document(*made, "cni-manifest-original"), HasSubstr("192.168.0.0/16"));
  EXPECT_THAT(document(*made, "cni-changes"), HasSubstr("\"line\": 6"));
}

TEST_F(PlanOfANetwork, AnImageWithoutATagIsTheReleases) {
  known_ = {"docker.io/cloudnativelabs/kube-router:v2.11.1"};
  const auto made = plan({"containers:\n- image: docker.io/cloudnativelabs/kube-router\n- image: else/where:1\n"},
                         "docker.io/cloudnativelabs/kube-router:v2.11.1");
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(document(*made, "cni-manifest"),
            "containers:\n- image: docker.io/cloudnativelabs/kube-router:v2.11.1\n- image: else/where:1\n");
}

TEST_F(PlanOfANetwork, AnImageThatMovesIsFixedToWhatWasLocked) {
  const auto made = plan({"containers:\n- image: a.b/c\n- image: a.b/c:latest\n"}, "a.b/c:latest");
  ASSERT_TRUE(made) << made.error().message;
  const std::string fixed = "a.b/c@" + crypto::Digest::of(as_byte_view("index")).to_string();
  EXPECT_EQ(document(*made, "cni-manifest"), fmt::format("containers:\n- image: {0}\n- image: {0}\n", fixed));
}

TEST_F(PlanOfANetwork, ANetworkWithoutItsPlaceIsAnError) {
  location_ = {catalog::PodCidrLocation::Kind::resource, "Installation", "spec.cidr"};
  const auto made = plan({"kind: A\n"}, "a.b/c:1");
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ExitCode::format);
}

TEST_F(PlanOfANetwork, ManifestsOfTheSpecAreDocumentsOfTheirOwn) {
  extra_ = "manifests: [extra.yaml, {file: later.yaml, apply: false}]\n";
  extras_ = {{"extra", "containers:\n- image: a.b/c\n  imagePullPolicy: Always\n"}, {"later", "kind: A\n"}};
  const auto made = plan({"kind: B\n"}, "a.b/c:latest");
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(document(*made, "cni-manifest"), "kind: B\n");
  EXPECT_EQ(document(*made, "manifest"), "containers:\n- image: a.b/c@" +
                                             crypto::Digest::of(as_byte_view("index")).to_string() +
                                             "\n  imagePullPolicy: IfNotPresent\n");
  EXPECT_EQ(document(*made, "manifest-original"), extras_.front().second);
  EXPECT_THAT(document(*made, "manifest-changes"), HasSubstr("\"after\": \"IfNotPresent\""));
  EXPECT_EQ(document(*made, "manifest-carried"), "kind: A\n");
  std::vector<std::string> names;
  for (const auto& row : made->write.manifest.documents) {
    names.push_back(row.name);
  }
  EXPECT_THAT(names,
              ::testing::IsSupersetOf({"extra.yaml", "extra.original.yaml", "extra.changes.json", "later.yaml"}));
}

TEST(MeantImage, ByNameOnly) {
  const std::vector<std::string> release = {"quay.io/a/b:v1", "docker.io/weaveworks/weave-kube:2.8.1"};
  EXPECT_EQ(meant_image("quay.io/a/b", release)->to_string(), "quay.io/a/b:v1");
  EXPECT_EQ(meant_image("weaveworks/weave-kube:latest", release)->to_string(), "docker.io/weaveworks/weave-kube:2.8.1");
  EXPECT_EQ(meant_image("quay.io/a/b:v2", release)->to_string(), "quay.io/a/b:v2");
  EXPECT_EQ(meant_image("quay.io/a/c", release)->to_string(), "quay.io/a/c:latest");
  EXPECT_FALSE(meant_image("Quay.io/A", release));
}

}  // namespace
}  // namespace kubeferry::builder

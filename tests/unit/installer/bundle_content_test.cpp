// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/installer/bundle_content.hpp>

#include <fcntl.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <kubeferry/base/fd.hpp>

#include "bundle_maker.hpp"

namespace kubeferry::installer {
namespace {

using namespace testing_support;
using registry_server::RepositoryName;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class BundleContentTest : public testing::Test {
protected:
  std::shared_ptr<const BundleContent> served(std::vector<BundleMaker*> makers,
                                              bundle::Reread reread = bundle::Reread::verify) {
    std::vector<std::shared_ptr<const bundle::Bundle>> bundles;
    for (BundleMaker* maker : makers) {
      bundles.push_back(maker->write(folder_, fmt::format("bundle-{}", ++written_), reread));
    }
    auto content = BundleContent::make(std::move(bundles));
    EXPECT_TRUE(content) << content.error().message;
    return *content;
  }
  /// The digest behind a tag; empty when there is none.
  static std::string tag(const BundleContent& content, std::string_view path, std::string_view tag,
                         std::string_view host = {}) {
    const auto entry = content.resolve_tag(RepositoryName{path, host}, tag);
    return entry ? entry->digest.to_string() : "";
  }

  Folder folder_;
  BundleMaker maker_;
  int written_ = 0;
};

TEST_F(BundleContentTest, PathsWithAndWithoutTheirRegistry) {
  const auto digest = maker_.two_platforms("registry.k8s.io/pause:3.10", 1).digest.to_string();
  const auto content = served({&maker_});
  EXPECT_EQ(tag(*content, "pause", "3.10"), digest);
  EXPECT_EQ(tag(*content, "registry.k8s.io/pause", "3.10"), digest);
  EXPECT_EQ(tag(*content, "pause", "3.10", "registry.k8s.io"), digest);
  EXPECT_EQ(tag(*content, "pause", "3.9"), "");
  EXPECT_EQ(tag(*content, "pause", "3.10", "ghcr.io"), "");
  EXPECT_EQ(tag(*content, "ghcr.io/pause", "3.10"), "");
  EXPECT_EQ(content->tags({"nothing", ""}), std::nullopt);
  EXPECT_THAT(*content->tags({"pause", ""}), ElementsAre("3.10"));
  EXPECT_THAT(content->warnings(), IsEmpty());
  EXPECT_THAT(content->repositories(), ElementsAre("pause"));
}

TEST_F(BundleContentTest, DockerHubHasSeveralNames) {
  const auto digest = maker_.two_platforms("docker.io/library/busybox:1", 1).digest.to_string();
  const auto content = served({&maker_});
  EXPECT_EQ(tag(*content, "library/busybox", "1", "docker.io"), digest);
  EXPECT_EQ(tag(*content, "busybox", "1", "docker.io"), digest);
  EXPECT_EQ(tag(*content, "library/busybox", "1", "registry-1.docker.io"), digest);
  EXPECT_EQ(tag(*content, "library/busybox", "1", "Index.Docker.IO"), digest);
  EXPECT_EQ(tag(*content, "library/busybox", "1"), digest);
}

TEST_F(BundleContentTest, CoreDnsAnswersToBothSpellings) {
  const auto digest = maker_.two_platforms("registry.k8s.io/coredns/coredns:v1", 1).digest.to_string();
  const auto content = served({&maker_});
  for (const auto* path : {"coredns", "coredns/coredns", "registry.k8s.io/coredns"}) {
    EXPECT_EQ(tag(*content, path, "v1"), digest) << path;
  }
  EXPECT_EQ(tag(*content, "coredns", "v1", "registry.k8s.io"), digest);
  EXPECT_THAT(content->repositories(), ElementsAre("coredns/coredns"));
}

TEST_F(BundleContentTest, AnImageOfItsOwnIsNotTakenForCoreDns) {
  maker_.two_platforms("registry.k8s.io/coredns/coredns:v1", 1);
  const auto other = maker_.two_platforms("ghcr.io/coredns:v2", 3).digest.to_string();
  const auto content = served({&maker_});
  EXPECT_EQ(tag(*content, "coredns", "v2"), other);
  EXPECT_EQ(tag(*content, "coredns", "v1"), "");
}

TEST_F(BundleContentTest, ManifestsByDigestAndTheirBytes) {
  const auto index = maker_.two_platforms("registry.k8s.io/pause:3.10", 1);
  const auto arm64 = maker_.manifest().images[0].manifests[1].descriptor;
  const auto content = served({&maker_});
  const auto entry = content->resolve_digest({"pause", ""}, arm64.digest);
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->media_type, k_manifest_type);
  EXPECT_EQ(entry->size, arm64.size);
  const auto bytes = content->manifest_bytes(*entry);
  ASSERT_TRUE(bytes);
  EXPECT_EQ(crypto::Digest::of(as_byte_view(*bytes)), arm64.digest);
  EXPECT_EQ(content->resolve_digest({"pause", ""}, index.digest)->media_type, k_index_type);
  EXPECT_FALSE(content->resolve_digest({"other", ""}, index.digest));
  EXPECT_FALSE(content->resolve_digest({"pause", ""}, crypto::Digest::of(as_byte_view("no"))));
}

TEST_F(BundleContentTest, WhatOnlyAnIndexNamesIsFoundInIt) {
  const auto amd64 = maker_.image("amd64", {1});
  const auto inner = maker_.index({{"amd64", amd64}});
  const auto outer = maker_.index({{"amd64", inner}}, {"s390x"});
  maker_.name("ghcr.io/nested:1", outer);
  maker_.two_platforms("ghcr.io/other:1", 5);
  const auto content = served({&maker_});
  EXPECT_TRUE(content->resolve_digest({"nested", ""}, inner.digest));
  const auto entry = content->resolve_digest({"nested", ""}, amd64.digest);
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->media_type, k_manifest_type);
  EXPECT_FALSE(content->resolve_digest({"other", ""}, amd64.digest)) << "not of that repository";
  EXPECT_FALSE(content->resolve_digest({"nested", ""}, crypto::Digest::of(as_byte_view("s390x")))) << "not here";
}

TEST_F(BundleContentTest, BlobsAreReadAndSentInPlace) {
  maker_.two_platforms("ghcr.io/a:1", 1);
  const Bytes large = bundle::testing_support::content(300000, 9);
  const auto blob = maker_.blob(large, "application/octet-stream");
  const auto content = served({&maker_}, bundle::Reread::trust_unchanged);
  const auto reader = content->open_blob({"a", ""}, blob.digest);
  ASSERT_TRUE(reader && *reader);
  EXPECT_EQ((*reader)->size(), large.size());
  Bytes read(large.size());
  ASSERT_TRUE((*reader)->read_at(0, read));
  EXPECT_EQ(read, large);
  Bytes sent;
  while (sent.size() < large.size()) {
    const auto span = (*reader)->span_at(sent.size());
    ASSERT_TRUE(span);
    Bytes piece(static_cast<std::size_t>(span->length));
    ASSERT_TRUE(read_exactly_at(span->fd, span->offset, piece, "bundle"));
    sent.insert(sent.end(), piece.begin(), piece.end());
  }
  EXPECT_EQ(sent, large);
  EXPECT_EQ(*content->open_blob({"none", ""}, blob.digest), nullptr);
  EXPECT_EQ(*content->open_blob({"a", ""}, crypto::Digest::of(as_byte_view("no"))), nullptr);
}

TEST_F(BundleContentTest, NoSpansFromAMediumThatIsReadAnew) {
  maker_.two_platforms("ghcr.io/a:1", 1);
  const auto blob = maker_.blob(bundle::testing_support::content(3000, 9), "application/octet-stream");
  const auto content = served({&maker_}, bundle::Reread::verify);
  EXPECT_FALSE((*content->open_blob({"a", ""}, blob.digest))->span_at(0));
}

TEST_F(BundleContentTest, DamagedBlobsAreNotSent) {
  const Bytes large = bundle::testing_support::content(3 << 20, 9);
  maker_.two_platforms("ghcr.io/a:1", 1);
  const auto blob = maker_.blob(large, "application/octet-stream");
  const auto content = served({&maker_}, bundle::Reread::trust_unchanged);
  const auto reader = *content->open_blob({"a", ""}, blob.digest);
  const auto span = reader->span_at(2 << 20);
  ASSERT_TRUE(span);
  const auto file = open_file(folder_ / "bundle-1", O_RDWR);
  ASSERT_TRUE(write_all_at(file->get(), span->offset + 5, bytes_of("damage"), "bundle"));
  Bytes piece(100);
  const Status status = reader->read_at(2 << 20, piece);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ExitCode::integrity);
  EXPECT_FALSE(reader->span_at(2 << 20));
}

TEST_F(BundleContentTest, ReferrersAreFoundBySubject) {
  const auto index = maker_.two_platforms("ghcr.io/a:1", 1);
  const auto sbom = maker_.referrer(index, "application/spdx+json");
  maker_.name("ghcr.io/a@" + sbom.digest.to_string(), sbom);
  maker_.two_platforms("ghcr.io/b:1", 5);
  const auto content = served({&maker_});
  const auto found = content->referrers({"a", ""}, index.digest);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].manifest.digest, sbom.digest);
  EXPECT_EQ(found[0].artifact_type, "application/spdx+json");
  EXPECT_THAT(content->referrers({"a", ""}, sbom.digest), IsEmpty());
  EXPECT_THAT(content->referrers({"b", ""}, index.digest), IsEmpty());
}

TEST_F(BundleContentTest, TheBundleNamedFirstWinsATag) {
  const auto first = maker_.two_platforms("ghcr.io/a:1", 1).digest;
  BundleMaker later;
  const auto second = later.two_platforms("ghcr.io/a:1", 5).digest;
  later.two_platforms("ghcr.io/a:2", 7);
  const auto content = served({&maker_, &later});
  EXPECT_EQ(tag(*content, "a", "1"), first.to_string());
  EXPECT_TRUE(content->resolve_digest({"a", ""}, second));
  EXPECT_THAT(*content->tags({"a", ""}), UnorderedElementsAre("1", "2"));
  ASSERT_EQ(content->warnings().size(), 1U);
  EXPECT_THAT(content->warnings()[0], HasSubstr("ghcr.io/a:1"));
}

TEST_F(BundleContentTest, TwoRegistriesWithOnePath) {
  const auto ghcr = maker_.two_platforms("ghcr.io/a:1", 1).digest.to_string();
  const auto quay = maker_.two_platforms("quay.io/a:1", 5).digest.to_string();
  const auto content = served({&maker_});
  EXPECT_EQ(tag(*content, "a", "1"), ghcr);
  EXPECT_EQ(tag(*content, "a", "1", "quay.io"), quay);
  EXPECT_EQ(tag(*content, "quay.io/a", "1"), quay);
  EXPECT_THAT(content->repositories(), UnorderedElementsAre("ghcr.io/a", "quay.io/a"));
  ASSERT_EQ(content->warnings().size(), 1U);
  EXPECT_THAT(content->warnings()[0], HasSubstr("quay.io"));
}

TEST_F(BundleContentTest, ArtifactsAreServedUnderTheirReference) {
  const auto files = maker_.image("amd64", {1});
  maker_.name_artifact("kubeferry.local/made/node-files:1", files);
  const auto content = served({&maker_});
  EXPECT_EQ(tag(*content, "made/node-files", "1"), files.digest.to_string());
  EXPECT_THAT(content->summary(), testing::Contains(std::pair<std::string, std::string>("bundle", "made 1")));
}

}  // namespace
}  // namespace kubeferry::installer

// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <gmock/gmock.h>

#include <kubeferry/builder/plan.hpp>
#include <kubeferry/bundle/package_rows.hpp>

namespace kubeferry::builder {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

catalog::Spec spec(const std::string& more = "packages: [debian-12]\n") {
  return catalog::parse_spec(
             "apiVersion: kubeferry/v1\nkind: Bundle\nname: a\nversion: v1\nplatforms: [linux/amd64, linux/arm]\n" +
                 more,
             "site.yaml")
      .value();
}

LockedPackage package(const std::string& name, const std::string& architecture) {
  LockedPackage locked;
  locked.package = {.name = name,
                    .version = "1:2-3",
                    .architecture = architecture,
                    .location = "pool/main/" + name + "_2-3_" + architecture + ".deb",
                    .digest = crypto::Digest::of(as_byte_view(name + architecture)),
                    .size = 7,
                    .index = 0,
                    .entry = "Package: " + name + "\nFilename: pool/main/" + name + "_2-3_" + architecture +
                             ".deb\nDescription: \"short\"\n long\n"};
  locked.url = "https://example.org/" + locked.package.location;
  return locked;
}

Lock lock() {
  Lock out;
  out.created = parse_rfc3339("2026-11-22T11:00:00Z").value();
  out.spec = spec_identity(spec());
  for (const auto& [platform, architecture] : {std::pair{"linux/amd64", "amd64"}, std::pair{"linux/arm", "armhf"}}) {
    LockedRepository repository;
    repository.name = "debian-12";
    repository.distribution = "debian";
    repository.version = "12";
    repository.platform = platform;
    repository.architecture = architecture;
    repository.install = {"tool"};
    repository.indexes = {{"https://example.org/Packages.xz", crypto::Digest::of({}), "keyring k.gpg"}};
    repository.packages = {package("common", "all"), package("tool", architecture)};
    out.packages.push_back(std::move(repository));
  }
  return out;
}

Result<BuildPlan> plan(const Lock& lock) { return make_plan({spec(), "", lock, {}, {}, {}}); }

TEST(LockedPackages, ThereAndBack) {
  const Lock made = lock();
  const std::string text = to_text(made);
  const auto back = parse_lock(text, "site.lock");
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->packages, made.packages);
  EXPECT_EQ(to_text(*back), text);
}

TEST(LockedPackages, ALockWithoutThemIsWhatItWas) {
  EXPECT_EQ(to_text(Lock{}).find("packages"), std::string::npos);
  // So are its spec's.
  EXPECT_NE(spec_identity(spec()), spec_identity(spec("images: [a.b/c:1]\n")));
  EXPECT_EQ(spec_identity(spec("images: [a.b/c:1]\n")),
            "sha256:cb5889cc9455f7a31bc5be88ab8c6556eca8843531298f4eaa3db0bc248c1c7f");
}

TEST(LockedPackages, ChangesNameThePackage) {
  const Lock before = lock();
  Lock after = lock();
  after.packages[1].packages[1].package.version = "1:2-4";
  after.packages[1].packages[1].package.digest = crypto::Digest::of(as_byte_view("new"));
  const auto lines = changes(before, after);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_THAT(lines[0], HasSubstr("changed  debian-12 linux/arm: tool  1:2-3 sha256:"));
}

TEST(LockedPackages, ChangesCountWhatIsNewOrGone) {
  EXPECT_EQ(changes(Lock(), lock()).size(), 2U);
  EXPECT_THAT(changes(Lock(), lock()), Contains("new      debian-12 linux/arm  2 packages"));
  EXPECT_THAT(changes(lock(), Lock()), Contains("gone     debian-12 linux/arm  2 packages"));
}

TEST(LockedPackages, StrictAboutWhatItReads) {
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{{"\"deb\"", "\"tar\""},
                                                                                 {"\"proof\"", "\"truth\""},
                                                                                 {"\"size\": 7", "\"size\": -7"},
                                                                                 {"\"entry\": [", "\"entries\": ["}}) {
    std::string text = to_text(lock());
    text.replace(text.find(from), from.size(), to);
    const auto back = parse_lock(text, "site.lock");
    ASSERT_FALSE(back) << from;
    EXPECT_EQ(back.error().code, ExitCode::format);
  }
}

TEST(PlannedPackages, BecomeARepositoryForEachPlatform) {
  const auto made = plan(lock());
  ASSERT_TRUE(made) << made.error().message;
  const bundle::Manifest& manifest = made->write.manifest;
  EXPECT_EQ(manifest.minimum_tool, bundle::k_packages_since);
  ASSERT_EQ(manifest.packages.size(), 2U);
  const bundle::PackageRepository& arm = manifest.packages[1];
  EXPECT_EQ(arm.format, bundle::k_deb);
  EXPECT_EQ(arm.platform, "linux/arm");
  EXPECT_EQ(arm.distribution_version, "12");
  std::vector<std::string> paths;
  for (const auto& file : arm.files) {
    paths.push_back(file.path);
  }
  EXPECT_THAT(paths, ElementsAre("pool/common_2-3_all.deb", "pool/tool_2-3_armhf.deb", "Packages", "Release"));
  EXPECT_EQ(arm.files[1].source, "https://example.org/pool/main/tool_2-3_armhf.deb");
  EXPECT_EQ(arm.files[2].source, "");
  // Its own indexes are known already, and say where packages lie in it.
  const auto row = std::ranges::find(made->write.rows, arm.files[2].digest, &bundle::BlobRow::digest);
  const auto known = made->write.known.find(static_cast<std::size_t>(row - made->write.rows.begin()));
  ASSERT_NE(known, made->write.known.end());
  EXPECT_THAT(std::string(as_text(known->second)), HasSubstr("Filename: pool/tool_2-3_armhf.deb\n"));
}

TEST(PlannedPackages, WhatPlatformsShareIsFetchedOnce) {
  const auto made = plan(lock());
  ASSERT_TRUE(made) << made.error().message;
  std::vector<std::string> urls;
  for (const BlobTask& task : made->blobs) {
    urls.push_back(task.url);
    EXPECT_EQ(made->write.rows[task.row].digest, task.descriptor.digest);
    EXPECT_LT(task.row, made->write.fixed);
  }
  EXPECT_THAT(urls, ElementsAre("https://example.org/pool/main/common_2-3_all.deb",
                                "https://example.org/pool/main/tool_2-3_amd64.deb",
                                "https://example.org/pool/main/tool_2-3_armhf.deb"));
}

TEST(PlannedPackages, TwoOfOneNameAreRefused) {
  Lock twice = lock();
  twice.packages[0].packages.push_back(twice.packages[0].packages[0]);
  const auto made = plan(twice);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ExitCode::usage);
}

}  // namespace
}  // namespace kubeferry::builder

// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/bundle/diff.hpp>

#include <gtest/gtest.h>

namespace kubeferry::bundle {
namespace {

crypto::Digest digest(std::string_view text) { return crypto::Digest::of(as_byte_view(text)); }

BlobRow blob(std::string_view text, std::uint64_t stored) {
  return {.digest = digest(text), .size = stored, .stored = stored};
}

ImageRow image(const std::string& reference, std::string_view index, std::vector<PlatformManifest> manifests) {
  return {.reference = reference, .descriptor = {.digest = digest(index)}, .manifests = std::move(manifests)};
}

PlatformManifest part(const std::string& platform, std::string_view text) {
  return {platform, {.digest = digest(text)}};
}

TEST(Diff, FindsNothingBetweenEquals) {
  Manifest manifest;
  manifest.platforms = {"linux/amd64"};
  manifest.images = {image("r/a:1", "index", {part("linux/amd64", "m")})};
  manifest.blobs = {blob("x", 10)};
  const auto result = diff(manifest, manifest);
  EXPECT_TRUE(result.differences.empty());
  EXPECT_EQ(result.shared.blobs, 1U);
  EXPECT_EQ(result.shared.bytes, 10U);
  EXPECT_EQ(result.only_before.blobs + result.only_after.blobs, 0U);
}

TEST(Diff, NamesWhatCameWentAndChanged) {
  Manifest before;
  before.platforms = {"linux/amd64"};
  before.images = {image("r/a:1", "index", {part("linux/amd64", "m")}), image("r/gone:1", "g", {})};
  before.files = {{.digest = digest("f1"), .platform = "linux/amd64", .path = "/usr/local/bin/f"}};
  before.blobs = {blob("x", 10), blob("y", 20)};
  Manifest after;
  after.platforms = {"linux/amd64", "linux/arm64"};
  after.images = {image("r/a:1", "index2", {part("linux/amd64", "m"), part("linux/arm64", "n")})};
  after.files = {{.digest = digest("f2"), .platform = "linux/amd64", .path = "/usr/local/bin/f"}};
  after.blobs = {blob("x", 10), blob("z", 40)};

  const auto result = diff(before, after);
  std::vector<std::string> lines;
  for (const auto& row : result.differences) {
    lines.push_back(fmt::format("{} {} {} {}", to_string(row.change), row.kind, row.name, row.platform));
  }
  EXPECT_EQ(lines, (std::vector<std::string>{"added platform linux/arm64 ", "changed image r/a:1 ",
                                             "added image r/a:1 linux/arm64", "removed image r/gone:1 ",
                                             "changed file /usr/local/bin/f linux/amd64"}));
  EXPECT_EQ(result.differences[1].before, digest("index").to_string());
  EXPECT_EQ(result.differences[1].after, digest("index2").to_string());
  EXPECT_EQ(result.shared.bytes, 10U);
  EXPECT_EQ(result.only_before.bytes, 20U);
  EXPECT_EQ(result.only_after.bytes, 40U);
}

}  // namespace
}  // namespace kubeferry::bundle

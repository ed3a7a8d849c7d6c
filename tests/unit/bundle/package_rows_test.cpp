// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/bundle/package_rows.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include <kubeferry/bundle/bundle.hpp>
#include <kubeferry/bundle/diff.hpp>
#include <kubeferry/bundle/extract.hpp>
#include <kubeferry/bundle/reach.hpp>

#include "sample.hpp"

namespace kubeferry::bundle {
namespace {

using namespace testing_support;
using testing::HasSubstr;

crypto::Digest digest_of(std::string_view text) { return crypto::Digest::of(as_byte_view(text)); }

PackageRepository sample_repository() {
  return {.name = "debian-12",
          .format = "deb",
          .platform = "linux/arm64",
          .distribution = "debian",
          .distribution_version = "12",
          .install = {"socat", "g++"},
          .files = {{"pool/socat_1.7.4.4-2_arm64.deb", digest_of("socat"), "https://deb.example/socat.deb"},
                    {"Packages", digest_of("packages"), ""},
                    {"Release", digest_of("release"), ""}}};
}

/// What parsing the text of `repository` says, with `from` in the text changed into `to`.
std::string said(const PackageRepository& repository, const std::string& from, const std::string& to) {
  std::string text = to_text(packages_json({repository}));
  const auto at = text.find(from);
  if (at == std::string::npos) {
    return "there is no " + from + " in " + text;
  }
  text.replace(at, from.size(), to);
  const auto json = parse_json(text, "packages");
  if (!json) {
    return json.error().message;
  }
  const JsonView view(json->as_array()->front(), "packages[0]");
  const auto parsed = package_repository(view);
  return parsed ? "ok" : parsed.error().message;
}

/// The sample's manifest as a written bundle has it, with repositories of files that it holds.
Manifest manifest_with(std::vector<PackageRepository> repositories, std::string minimum) {
  const Folder folder;
  const auto key = crypto::PrivateKey::generate(crypto::KeyAlgorithm::ed25519);
  write_sample(folder / "a", *key);
  Manifest manifest = parse_manifest(read_front(*FileRandomSource::open(folder / "a"), "a")->manifest).value();
  for (auto& repository : repositories) {
    for (std::size_t n = 0; n < repository.files.size(); ++n) {
      repository.files[n].digest = manifest.blobs[n + 2].digest;
    }
  }
  manifest.packages = std::move(repositories);
  manifest.minimum_tool = std::move(minimum);
  return manifest;
}

TEST(PackageRows, RoundTripThroughTheManifest) {
  const Manifest manifest = manifest_with({sample_repository()}, std::string(k_packages_since));
  const auto parsed = parse_manifest(to_text(manifest));
  ASSERT_TRUE(parsed) << parsed.error().message;
  ASSERT_EQ(parsed->packages.size(), 1U);
  const PackageRepository& repository = parsed->packages[0];
  EXPECT_EQ(repository.name, "debian-12");
  EXPECT_EQ(repository.distribution, "debian");
  EXPECT_EQ(repository.distribution_version, "12");
  EXPECT_THAT(repository.install, testing::ElementsAre("socat", "g++"));
  EXPECT_EQ(repository.files.at(0).source, "https://deb.example/socat.deb");
  EXPECT_TRUE(repository.is_package(repository.files[0].path));
  EXPECT_FALSE(repository.is_package("Packages"));
  EXPECT_EQ(to_text(*parsed), to_text(manifest));
}

TEST(PackageRows, ABundleWithoutAnyDoesNotMentionThem) {
  EXPECT_THAT(to_text(manifest_with({}, "0.1.0")), testing::Not(HasSubstr("packages")));
}

TEST(PackageRows, OlderProgramsAreTold) {
  const auto parsed = parse_manifest(to_text(manifest_with({sample_repository()}, "0.1.0")));
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().code, ExitCode::format);
  EXPECT_THAT(parsed.error().message, HasSubstr("minimumTool must be 0.2.0 or newer"));
}

TEST(PackageRows, TheirBlobsAreInTheBundle) {
  Manifest manifest = manifest_with({sample_repository()}, std::string(k_packages_since));
  manifest.packages[0].files[1].digest = digest_of("elsewhere");
  EXPECT_THAT(parse_manifest(to_text(manifest)).error().message,
              HasSubstr("Packages for linux/arm64 needs " + digest_of("elsewhere").to_string()));
}

TEST(PackageRows, OneRepositoryOfANameForEachPlatform) {
  PackageRepository other = sample_repository();
  other.platform = "linux/amd64";
  EXPECT_TRUE(parse_manifest(to_text(manifest_with({sample_repository(), other}, "0.2.0"))));
  EXPECT_THAT(
      parse_manifest(to_text(manifest_with({sample_repository(), sample_repository()}, "0.2.0"))).error().message,
      HasSubstr("manifest.packages[1]: is a second debian-12 for linux/arm64"));
  std::string text = to_text(manifest_with({sample_repository()}, "0.2.0"));
  const auto from = text.find(R"("packages":[)") + 12;
  text.erase(from, text.find(R"(],"documents")", from) - from);
  EXPECT_THAT(parse_manifest(text).error().message, HasSubstr("may be left out, but not be empty"));
}

TEST(PackageRows, PathsStayInTheRepository) {
  const PackageRepository good = sample_repository();
  const std::string path = R"("pool/socat_1.7.4.4-2_arm64.deb")";
  EXPECT_EQ(said(good, path, R"("pool/libx_1%3a2.0~rc1+b1_arm64.deb")"), "ok");
  for (const std::string_view wrong :
       {R"("")", R"("/etc/passwd")", R"("../x.deb")", R"("pool/../x.deb")", R"("pool/./x.deb")", R"("pool//x.deb")",
        R"("pool/")", R"(".")", R"("pool/a\nb.deb")", R"("pool/a\u0000b.deb")"}) {
    EXPECT_THAT(said(good, path, std::string(wrong)), HasSubstr("must be relative")) << wrong;
  }
  EXPECT_THAT(said(good, path, fmt::format("\"{}\"", std::string(1025, 'x'))), HasSubstr("must be relative"));
  EXPECT_THAT(said(good, path, R"("Packages")"), HasSubstr("\"Packages\" stands there twice"));
}

TEST(PackageRows, NamesAreNoOptionsOfAPackageManager) {
  const PackageRepository good = sample_repository();
  for (const std::string_view wrong : {R"("")", R"("-oDPkg::x")", R"("socat-")", R"("a b")", R"("a=1")", R"("a/b")",
                                       R"("*")", R"("a;b")", R"("a:arm64")"}) {
    EXPECT_THAT(said(good, R"("socat")", std::string(wrong)), HasSubstr("is no name of a package")) << wrong;
  }
  EXPECT_THAT(said(good, R"(["socat","g++"])", "[]"), HasSubstr("names no package"));
  for (const std::string_view wrong : {R"("../x")", R"(".x")", R"("a/b")", R"("a\u001bb")"}) {
    EXPECT_NE(said(good, R"("debian-12")", std::string(wrong)), "ok") << wrong;
    EXPECT_NE(said(good, R"("debian")", std::string(wrong)), "ok") << wrong;
    EXPECT_NE(said(good, R"("12")", std::string(wrong)), "ok") << wrong;
  }
  EXPECT_NE(said(good, R"("debian-12")", R"("")"), "ok");
  EXPECT_EQ(said(good, R"("12")", R"("")"), "ok") << "any version";
}

TEST(PackageRows, EachFormatHasItsIndexes) {
  PackageRepository repository = sample_repository();
  EXPECT_EQ(said(repository, R"("deb")", R"("rpm")"), "packages[0]: has no repodata/repomd.xml");
  EXPECT_THAT(said(repository, R"("deb")", R"("apk")"), HasSubstr("neither deb nor rpm"));
  EXPECT_EQ(said(repository, R"("Release")", R"("Releases")"), "packages[0]: has no Release");
  repository.format = "rpm";
  repository.files = {{"packages/socat.rpm", digest_of("socat"), ""}, {"repodata/repomd.xml", digest_of("repomd"), ""}};
  EXPECT_EQ(said(repository, R"("rpm")", R"("rpm")"), "ok");
  EXPECT_TRUE(repository.is_package("packages/socat.rpm"));
  EXPECT_THAT(said(repository, R"("format")", R"("formats")"), HasSubstr("formats"));
}

TEST(PackageRows, AHostTakesItsOwnDistributionsPackages) {
  const auto repository = [](std::string name, std::string id, std::string version, std::string platform) {
    PackageRepository one = sample_repository();
    one.name = std::move(name);
    one.distribution = std::move(id);
    one.distribution_version = std::move(version);
    one.platform = std::move(platform);
    return one;
  };
  const std::vector<PackageRepository> all = {
      repository("debian-12", "debian", "12", "linux/amd64"), repository("debian-12", "debian", "12", "linux/arm64"),
      repository("rocky-9", "rocky", "9", "linux/amd64"),     repository("rocky-9.3", "rocky", "9.3", "linux/amd64"),
      repository("ubuntu", "ubuntu", "22.04", "linux/amd64"), repository("any", "arch", "", "linux/amd64"),
  };
  const auto found = [&](std::string_view id, std::string_view version, std::string_view platform = "linux/amd64") {
    const auto* one = find_repository(all, id, version, platform);
    return one == nullptr ? std::string("none") : one->name;
  };
  EXPECT_EQ(found("debian", "12"), "debian-12");
  EXPECT_EQ(find_repository(all, "debian", "12", "linux/arm64"), &all[1]);
  EXPECT_EQ(found("debian", "12", "linux/s390x"), "none");
  EXPECT_EQ(found("debian", "1"), "none");
  EXPECT_EQ(found("debian", "120"), "none");
  EXPECT_EQ(found("debian", ""), "none") << "testing has no version";
  EXPECT_EQ(found("raspbian", "12"), "none") << "is like Debian, and built for another processor";
  EXPECT_EQ(found("rocky", "9.1"), "rocky-9");
  EXPECT_EQ(found("rocky", "9.3"), "rocky-9.3") << "the more exact one";
  EXPECT_EQ(found("rocky", "10.0"), "none");
  EXPECT_EQ(found("ubuntu", "22.10"), "none");
  EXPECT_EQ(found("arch", ""), "any");
}

/// The sample with a repository made of its own blobs.
class WithPackages : public testing::Test {
protected:
  void SetUp() override {
    Sample sample = make_sample();
    PackageRepository repository = sample_repository();
    repository.platform = "linux/amd64";
    repository.files[0].digest = sample.plan.rows[8].digest;
    repository.files[1].digest = sample.plan.rows[2].digest;
    repository.files[2].digest = sample.plan.rows[3].digest;
    sample.plan.manifest.packages = {repository};
    sample.plan.manifest.minimum_tool = std::string(k_packages_since);
    auto writer = Writer::open(folder_ / "bundle", sample.plan);
    ASSERT_TRUE(writer) << writer.error().message;
    ASSERT_TRUE(write_all_rows(**writer, sample, key_));
    const auto opened = Bundle::open(folder_ / "bundle", crypto::Keyset::of(key_.public_key(), "site"));
    ASSERT_TRUE(opened) << opened.error().message;
    bundle_ = *opened;
  }
  /// Whether the repository lies at `path`, whole.
  [[nodiscard]] bool lies_at(const std::string& path) const {
    const auto& files = bundle_->manifest().packages[0].files;
    return std::ranges::all_of(files, [&](const PackageFile& file) {
      return digest_of(file_text(folder_ / (path + "/" + file.path))) == file.digest;
    });
  }

  Folder folder_;
  crypto::PrivateKey key_ = *crypto::PrivateKey::generate(crypto::KeyAlgorithm::ed25519);
  std::shared_ptr<const Bundle> bundle_;
};

TEST_F(WithPackages, AreExtractedAsARepository) {
  const auto one =
      extract_repository(contents_of(*bundle_), bundle_->manifest().packages[0], {.directory = folder_ / "one"});
  ASSERT_TRUE(one) << one.error().message;
  EXPECT_EQ(one->files_written, 3U);
  EXPECT_TRUE(lies_at("one"));
  ASSERT_TRUE(extract(*bundle_, {.directory = folder_ / "only", .what = ExtractWhat::packages}));
  EXPECT_TRUE(lies_at("only/packages/linux-amd64/debian-12"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "only/blobs"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "only/files"));
  ASSERT_TRUE(extract(*bundle_, {.directory = folder_ / "all"}));
  EXPECT_TRUE(lies_at("all/packages/linux-amd64/debian-12"));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "all/files"));
  ASSERT_TRUE(extract(*bundle_, {.directory = folder_ / "arm64", .platform = "linux/arm64"}));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "arm64/packages"));
}

TEST_F(WithPackages, AreCountedAndCompared) {
  const auto sizes = platform_sizes(*bundle_);
  ASSERT_TRUE(sizes);
  EXPECT_EQ((*sizes)[0].packages, 1U) << "indexes are none";
  EXPECT_EQ((*sizes)[0].package_bytes, bundle_->find(bundle_->manifest().packages[0].files[0].digest)->size);
  EXPECT_EQ((*sizes)[1].packages, 0U);
  Manifest after = bundle_->manifest();
  after.packages[0].files[0].digest = digest_of("another");
  const auto result = diff(bundle_->manifest(), after);
  ASSERT_EQ(result.differences.size(), 1U);
  EXPECT_EQ(result.differences[0].kind, "package");
  EXPECT_EQ(result.differences[0].name, "debian-12 pool/socat_1.7.4.4-2_arm64.deb");
  EXPECT_EQ(result.differences[0].platform, "linux/amd64");
  EXPECT_EQ(result.differences[0].change, Change::changed);
}

}  // namespace
}  // namespace kubeferry::bundle

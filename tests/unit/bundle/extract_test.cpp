// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/bundle/extract.hpp>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <kubeferry/bundle/reach.hpp>

#include "sample.hpp"

namespace kubeferry::bundle {
namespace {

using namespace testing_support;
namespace fs = std::filesystem;

class Extract : public ::testing::Test {
protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(write_sample(folder_ / "bundle", key_));
    auto opened = Bundle::open(folder_ / "bundle", crypto::Keyset::of(key_.public_key(), "site"));
    ASSERT_TRUE(opened) << opened.error().message;
    bundle_ = *opened;
  }
  [[nodiscard]] fs::path to() const { return folder_ / "out"; }
  [[nodiscard]] ExtractOptions options() const { return {.directory = to(), .threads = 2}; }
  static mode_t mode(const fs::path& path) {
    struct stat info {};
    EXPECT_EQ(::lstat(path.c_str(), &info), 0) << path;
    return info.st_mode & 07777U;
  }
  static std::size_t files_in(const fs::path& path) {
    std::size_t count = 0;
    for (const auto& entry : fs::recursive_directory_iterator(path)) {
      count += entry.is_regular_file() ? 1U : 0U;
    }
    return count;
  }

  Folder folder_;
  crypto::PrivateKey key_ = *crypto::PrivateKey::generate(crypto::KeyAlgorithm::ed25519);
  std::shared_ptr<const Bundle> bundle_;
};

TEST_F(Extract, WritesLayoutAndFilesWithTheirModesWhateverTheUmask) {
  const mode_t before = ::umask(077);
  const auto result = extract(*bundle_, options());
  ::umask(before);
  ASSERT_TRUE(result) << result.error().message;
  for (const auto& row : bundle_->manifest().blobs) {
    const std::string text = file_text(to() / row.tar_name());
    EXPECT_EQ(crypto::Digest::of(as_byte_view(text)), row.digest) << row.tar_name();
    EXPECT_EQ(mode(to() / row.tar_name()), 0644U);
  }
  const fs::path tool = to() / "files/linux-amd64/usr/local/bin/a";
  EXPECT_EQ(crypto::Digest::of(as_byte_view(file_text(tool))), bundle_->manifest().files[0].digest);
  EXPECT_EQ(mode(tool), 0755U);
  EXPECT_EQ(mode(to() / "files/linux-amd64"), 0755U);
  EXPECT_EQ(result->files_written, files_in(to()));
}

TEST_F(Extract, KeepsWhatIsThereAndRepairsWhatIsNot) {
  const auto first = extract(*bundle_, options());
  ASSERT_TRUE(first);
  const auto again = extract(*bundle_, options());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->files_written, 0U);
  EXPECT_EQ(again->files_kept, first->files_written);
  const fs::path layer = to() / bundle_->manifest().blobs.back().tar_name();
  std::string text = file_text(layer);
  const std::string good = text;
  text[text.size() / 2] ^= 1;
  write_text(layer, text);
  const auto repaired = extract(*bundle_, options());
  ASSERT_TRUE(repaired);
  EXPECT_EQ(repaired->files_written, 1U);
  EXPECT_EQ(file_text(layer), good);
}

TEST_F(Extract, OnePlatformHasNothingOfTheOther) {
  auto wanted = options();
  wanted.platform = "linux/arm64";
  ASSERT_TRUE(extract(*bundle_, wanted));
  const auto& parts = bundle_->manifest().images[0].manifests;
  EXPECT_FALSE(fs::exists(to() / ("blobs/sha256/" + parts[0].descriptor.digest.hex())));
  EXPECT_TRUE(fs::exists(to() / ("blobs/sha256/" + parts[1].descriptor.digest.hex())));
  EXPECT_FALSE(fs::exists(to() / "files"));
  EXPECT_NE(file_text(to() / "index.json").find("registry.k8s.io/sample:v1"), std::string::npos);
  // Index, manifest, configuration, two layers, and the layout's own two files.
  EXPECT_EQ(files_in(to()), 7U);
}

TEST_F(Extract, OnlyLayoutOrOnlyFiles) {
  auto wanted = options();
  wanted.what = ExtractWhat::files;
  ASSERT_TRUE(extract(*bundle_, wanted));
  EXPECT_FALSE(fs::exists(to() / "blobs"));
  EXPECT_EQ(files_in(to()), 2U);
  wanted.directory = folder_ / "layout";
  wanted.what = ExtractWhat::layout;
  ASSERT_TRUE(extract(*bundle_, wanted));
  EXPECT_FALSE(fs::exists(folder_ / "layout/files"));
}

TEST_F(Extract, NeverWritesThroughALink) {
  fs::create_directories(folder_ / "elsewhere");
  fs::create_directory(to());
  fs::create_directory_symlink(folder_ / "elsewhere", to() / "blobs");
  const auto refused = extract(*bundle_, options());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ExitCode::io);
  EXPECT_NE(refused.error().message.find("symbolic link"), std::string::npos) << refused.error().message;
  EXPECT_TRUE(fs::is_empty(folder_ / "elsewhere"));
}

TEST_F(Extract, ReplacesALinkInPlaceOfAFileInsteadOfFollowingIt) {
  write_text(folder_ / "victim", "mine");
  fs::create_directory(to());
  fs::create_symlink(folder_ / "victim", to() / "oci-layout");
  ASSERT_TRUE(extract(*bundle_, options()));
  EXPECT_EQ(file_text(folder_ / "victim"), "mine");
  EXPECT_FALSE(fs::is_symlink(to() / "oci-layout"));
}

TEST_F(Extract, LeavesNoHalfFileOfADamagedBundle) {
  const auto& row = bundle_->manifest().blobs[11];
  std::string text = file_text(folder_ / "bundle");
  text[static_cast<std::size_t>(bundle_->front().header.payload_offset + row.offset + row.stored / 2)] ^= 1;
  write_text(folder_ / "bundle", text);
  const auto reopened = Bundle::open(folder_ / "bundle", crypto::Keyset::of(key_.public_key(), "site"));
  ASSERT_TRUE(reopened);
  const auto refused = extract(**reopened, options());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ExitCode::integrity);
  EXPECT_FALSE(fs::exists(to() / row.tar_name()));
  for (const auto& entry : fs::recursive_directory_iterator(to())) {
    EXPECT_FALSE(entry.path().filename().native().starts_with(".kubeferry")) << entry.path();
  }
}

TEST_F(Extract, ManifestsAreFilesOfTheirNames) {
  const auto extracted = [&](const std::string& kind, const std::string& name) -> Status {
    Sample sample = make_sample();
    const auto spec = sample.plan.manifest.documents.front();
    sample.plan.manifest.documents.push_back({kind, name, "application/yaml", spec.digest});
    const fs::path path = folder_ / "with-manifest";
    fs::remove(path);
    KF_TRY_ASSIGN(const auto writer, Writer::open(path, sample.plan));
    KF_TRY(write_all_rows(*writer, sample, key_));
    KF_TRY_ASSIGN(const auto opened, Bundle::open(path, crypto::Keyset::of(key_.public_key(), "site")));
    KF_TRY(extract(*opened, {.directory = to(), .what = ExtractWhat::files, .threads = 1}));
    return {};
  };
  ASSERT_TRUE(extracted("manifest", "ingress.yaml"));
  EXPECT_FALSE(file_text(to() / "manifests/ingress.yaml").empty());
  ASSERT_TRUE(extracted("manifest-original", "../../of-no-interest"));
  for (const char* name : {"../up.yaml", "/etc/passwd", "", ".hidden", "a\nb"}) {
    const Status refused = extracted("manifest-carried", name);
    ASSERT_FALSE(refused) << name;
    EXPECT_EQ(refused.error().code, ExitCode::format) << name;
  }
  EXPECT_EQ(files_in(to() / "manifests"), 1U);
}

TEST_F(Extract, RefusesAPlatformThatIsNotThere) {
  auto wanted = options();
  wanted.platform = "linux/s390x";
  const auto refused = extract(*bundle_, wanted);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ExitCode::usage);
  EXPECT_FALSE(fs::exists(to()));
}

TEST_F(Extract, SizesCountEachBlobOncePerPlatform) {
  const auto sizes = platform_sizes(*bundle_);
  ASSERT_TRUE(sizes);
  ASSERT_EQ(sizes->size(), 2U);
  EXPECT_EQ((*sizes)[0].files, 2U);
  EXPECT_EQ((*sizes)[0].file_bytes, 100U + (9U << 20U));
  EXPECT_EQ((*sizes)[1].files, 0U);
  EXPECT_EQ((*sizes)[0].images, 1U);
  EXPECT_GT((*sizes)[0].image_bytes, 3000000U + 131072U + 1U);
  EXPECT_GT((*sizes)[1].image_bytes, 131073U + 1U);
  EXPECT_LT((*sizes)[1].image_bytes, 140000U);
}

TEST(ServesPlatform, KnowsVariants) {
  EXPECT_TRUE(serves_platform("", "linux/amd64"));
  EXPECT_TRUE(serves_platform("linux/arm", "linux/arm/v7"));
  EXPECT_TRUE(serves_platform("linux/arm64", "linux/arm64/v8"));
  EXPECT_FALSE(serves_platform("linux/arm", "linux/arm64"));
  EXPECT_FALSE(serves_platform("linux/amd64", "windows/amd64"));
}

}  // namespace
}  // namespace kubeferry::bundle

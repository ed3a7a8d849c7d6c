// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/packages/repository.hpp>

#include <gmock/gmock.h>

#include "index_text.hpp"

namespace kubeferry::packages {
namespace {

using testing::HasSubstr;

RepositoryDescription about(Format format) {
  return {format, "debian-12", "armhf", parse_rfc3339("2026-11-22T11:00:00Z").value()};
}

Package package(const std::string& name, const std::string& location, const std::string& entry) {
  return {.name = name,
          .version = "1",
          .architecture = "armhf",
          .location = location,
          .digest = {},
          .size = 1,
          .index = 0,
          .entry = entry};
}

TEST(Repository, WritesAFlatOneForApt) {
  const auto files = repository_files(
      about(Format::deb),
      {package("a", "pool/main/a/a_1_armhf.deb", "Package: a\nFilename: pool/main/a/a_1_armhf.deb\nSize: 1\n"),
       package("b", "./b_1_all.deb",
               "Package: b\nDescription: long\n text: Filename: x\nfilename:   ./b_1_all.deb\n")});
  ASSERT_TRUE(files) << files.error().message;
  ASSERT_EQ(files->size(), 2U);
  EXPECT_EQ((*files)[0].path, "Packages");
  EXPECT_EQ((*files)[0].content,
            "Package: a\nFilename: pool/a_1_armhf.deb\nSize: 1\n\n"
            "Package: b\nDescription: long\n text: Filename: x\nFilename: pool/b_1_all.deb\n\n");
  EXPECT_EQ((*files)[1].path, "Release");
  const auto release = parse_release((*files)[1].content, "R");
  ASSERT_TRUE(release) << release.error().message;
  EXPECT_EQ(release->files.at("Packages").digest, crypto::Digest::of(as_byte_view((*files)[0].content)));
  EXPECT_EQ(release->files.at("Packages").size, (*files)[0].content.size());
  EXPECT_THAT((*files)[1].content, HasSubstr("Date: Sun, 22 Nov 2026 11:00:00 UTC\n"));
}

TEST(Repository, WhatWasWrittenIsSolvedAgain) {
  const std::string text = deb_index({{"tool", "1", "Depends: lib\n"}, {"lib"}, {"other"}});
  const ClosureRequest request{Format::deb, "armhf", {{"I", text}}, {"tool"}};
  const auto closure = closure_of(request);
  ASSERT_TRUE(closure) << closure.error().message;
  const auto files = repository_files(about(Format::deb), closure->packages);
  ASSERT_TRUE(files) << files.error().message;
  const auto again = closure_of({Format::deb, "armhf", {{"I", (*files)[0].content}}, {"tool"}});
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(names_of(again->packages), names_of(closure->packages));
  EXPECT_EQ(again->packages[0].location, "pool/lib_1_armhf.deb");
}

TEST(Repository, TwoOfOneNameCannotBeCarried) {
  const auto files = repository_files(about(Format::deb), {package("a", "x/a.deb", "Filename: x/a.deb\n"),
                                                           package("b", "y/a.deb", "Filename: y/a.deb\n")});
  ASSERT_FALSE(files);
  EXPECT_EQ(files.error().message, "debian-12: two packages are called pool/a.deb");
}

TEST(Repomd, NamesThePrimary) {
  const std::string hash(64, 'a');
  const std::string xml = fmt::format(
      "<?xml version=\"1.0\"?>\n<repomd xmlns=\"http://linux.duke.edu/metadata/repo\"><revision>1</revision>\n"
      "<data type=\"filelists\"><checksum type=\"sha256\">bb</checksum><location href=\"repodata/f.xml.gz\"/></data>\n"
      "<data type=\"primary_db\"><checksum type=\"sha256\">bb</checksum></data>\n"
      "<data type='primary'><checksum type=\"sha256\">{0}</checksum><open-checksum type=\"sha256\">cc</open-checksum>\n"
      "<location href=\"repodata/{0}-primary.xml.gz\"/><timestamp>1</timestamp><size>77</size><open-size>9</open-size>"
      "</data></repomd>\n",
      hash);
  const auto primary = parse_repomd(xml, "R");
  ASSERT_TRUE(primary) << primary.error().message;
  EXPECT_EQ(primary->path, "repodata/" + hash + "-primary.xml.gz");
  EXPECT_EQ(primary->size, 77U);
  EXPECT_EQ(primary->digest.hex(), hash);
}

TEST(Repomd, RefusesWhatItCannotCheck) {
  const std::string hash(64, 'a');
  for (const std::string& xml :
       {std::string(), std::string("<repomd><data type=\"other\"/></repomd>"),
        fmt::format("<repomd><data type=\"primary\"><checksum type=\"sha1\">{}</checksum><location href=\"p\"/><size>1"
                    "</size></data></repomd>",
                    hash),
        fmt::format("<repomd><data type=\"primary\"><checksum type=\"sha256\">{}</checksum><location href=\"../p\"/>"
                    "<size>1</size></data></repomd>",
                    hash)}) {
    const auto primary = parse_repomd(xml, "R");
    ASSERT_FALSE(primary) << xml;
    EXPECT_EQ(primary.error().code, ExitCode::format);
  }
}

}  // namespace
}  // namespace kubeferry::packages

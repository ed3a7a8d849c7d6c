// SPDX-License-Identifier: Apache-2.0
// Row M53: what leads to a file, and who could have put it there.
#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "place.hpp"
#include "scene.hpp"

namespace kubeferry::steps {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(PathTest, LinksOfRootAreFollowedAndStayBelowTheRoot) {
  const Scene scene;
  std::filesystem::create_directories(scene.at("/usr/local"));
  std::filesystem::create_directories(scene.at("/var/usrlocal/bin"));
  std::filesystem::create_directory_symlink("../../../../../../../../var/usrlocal/bin", scene.at("/usr/local/bin"));
  std::filesystem::create_directory_symlink("/var/usrlocal", scene.at("/opt"));
  ASSERT_TRUE(scene.apply(plan_of(text_file("/usr/local/bin/a", "1", 0755), text_file("/opt/bin/b", "2", 0755))));
  EXPECT_EQ(scene.read("/var/usrlocal/bin/a"), "1");
  EXPECT_EQ(scene.read("/var/usrlocal/bin/b"), "2");
  ASSERT_TRUE(scene.undo_and_remove());
  EXPECT_FALSE(scene.host().exists("/var/usrlocal/bin/a"));
}

TEST(PathTest, LinksThatOthersCouldHavePutThereAreRefused) {
  for (const bool deep : {false, true}) {
    const Scene scene;
    const std::string folder = deep ? "/srv/open/own" : "/srv/open";
    std::filesystem::create_directories(scene.at(folder));
    std::filesystem::create_directories(scene.at("/etc"));
    ASSERT_EQ(::chmod(scene.at("/srv/open").c_str(), 01777), 0);
    std::filesystem::create_directory_symlink("/etc", scene.at(folder + "/link"));
    const auto applied = scene.apply(plan_of(text_file(folder + "/link/passwd", "x", 0644)));
    ASSERT_FALSE(applied);
    EXPECT_EQ(applied.error().code, ExitCode::io);
    EXPECT_THAT(applied.error().message, HasSubstr("link is a symbolic link in a directory that others"));
    EXPECT_FALSE(scene.host().exists("/etc/passwd"));
    // Without a link, a directory like this is as good as any (/usr/local of group staff).
    EXPECT_TRUE(scene.apply(plan_of(text_file(folder + "/x", "x", 0644))));
  }
}

TEST(PathTest, LoopsAndLinksToNowhereAreErrors) {
  const Scene scene;
  std::filesystem::create_directory_symlink("b", scene.at("/a"));
  std::filesystem::create_directory_symlink("a", scene.at("/b"));
  std::filesystem::create_directory_symlink("nowhere", scene.at("/c"));
  EXPECT_THAT(way_to(scene.host(), "/a/x").error().message, HasSubstr("symbolic links"));
  EXPECT_THAT(way_to(scene.host(), "/c/x").error().message, HasSubstr("leads nowhere"));
}

TEST(PathTest, OnlyNormalisedAbsolutePathsAreTaken) {
  const Scene scene;
  for (const auto* path : {"etc", "", "/etc/../etc", "/etc//x", "/etc/./x", "/etc/"}) {
    EXPECT_EQ(way_to(scene.host(), path).error().code, ExitCode::bug) << path;
  }
  EXPECT_TRUE(way_to(scene.host(), "/")->missing.empty());
  EXPECT_THAT(way_to(scene.host(), "/x/y/z")->missing, ElementsAre("/x", "/x/y", "/x/y/z"));
}

TEST(PathTest, LeftoversUnderTemporaryNamesAreReplaced) {
  const Scene scene;
  scene.write("/etc/.x.kubeferry-new", "half");
  std::filesystem::create_directories(scene.at("/etc/.d.kubeferry-new"));
  ASSERT_TRUE(scene.apply(plan_of(text_file("/etc/x", "ours", 0644), text_file("/etc/d/y", "ours", 0644))));
  EXPECT_FALSE(scene.host().exists("/etc/.x.kubeferry-new"));
  EXPECT_FALSE(scene.host().exists("/etc/.d.kubeferry-new"));
}

}  // namespace
}  // namespace kubeferry::steps

// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/packages/release.hpp>

#include <gmock/gmock.h>

namespace kubeferry::packages {
namespace {

using testing::HasSubstr;

constexpr std::string_view k_hash = "515e692f2c4121c6fcec444ef100cc18f79a991910615f3a88c8b7becfc94d2f";

std::string text(std::string_view more = {}) {
  return fmt::format(
      "Origin: Debian\nSuite: oldstable\nCodename: bookworm\nDate: Sat, 11 Jul 2026 10:16:37 UTC\n"
      "Acquire-By-Hash: yes\nArchitectures: all amd64 armhf\n{0}MD5Sum:\n 0ed6d4c8891eb86358b94bb35d9e4da4  12 "
      "x\nSHA256:\n"
      " {1} 50060337 main/binary-amd64/Packages\n {1}  8790396 main/binary-amd64/Packages.xz\n"
      " {1} 12 main/binary-armhf/Packages.gz\n",
      more, k_hash);
}

TEST(Release, ReadsWhatIsNeeded) {
  const auto release = parse_release(text(), "R");
  ASSERT_TRUE(release) << release.error().message;
  EXPECT_EQ(release->suite, "oldstable");
  EXPECT_EQ(release->codename, "bookworm");
  EXPECT_TRUE(release->by_hash);
  EXPECT_FALSE(release->valid_until);
  EXPECT_EQ(release->architectures, (std::vector<std::string>{"all", "amd64", "armhf"}));
  EXPECT_EQ(release->files.size(), 3U);  // not what has an MD5 only
  const ListedFile* index = find_index(*release, "main/binary-amd64/Packages");
  ASSERT_NE(index, nullptr);
  EXPECT_EQ(index->path, "main/binary-amd64/Packages.xz");
  EXPECT_EQ(index->size, 8790396U);
  EXPECT_EQ(index->digest.hex(), k_hash);
  EXPECT_EQ(find_index(*release, "main/binary-armhf/Packages")->path, "main/binary-armhf/Packages.gz");
  EXPECT_EQ(find_index(*release, "main/binary-s390x/Packages"), nullptr);
}

TEST(Release, RefusesWhatIsNone) {
  for (const std::string& wrong :
       {std::string(), std::string("Suite: x\nMD5Sum:\n 00 1 a\n"), text("Valid-Until: soon\n"),
        std::string("SHA256:\n abc 1 a\n"), fmt::format("SHA256:\n {} -1 a\n", k_hash)}) {
    const auto release = parse_release(wrong, "R");
    ASSERT_FALSE(release) << wrong;
    EXPECT_EQ(release.error().code, ExitCode::format);
    EXPECT_THAT(release.error().message, HasSubstr("R: "));
  }
}

TEST(Release, BelongsToItsSuiteByEitherName) {
  const auto release = parse_release(text(), "R");
  EXPECT_TRUE(check_release(*release, "bookworm", {}, "R"));
  EXPECT_TRUE(check_release(*release, "oldstable", {}, "R"));
  const auto wrong = check_release(*release, "trixie", {}, "R");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, ExitCode::policy);
  EXPECT_EQ(wrong.error().message, "R: is the signed metadata of bookworm, not of trixie");
}

TEST(Release, IsValidUntilItSays) {
  const auto release = parse_release(text("Valid-Until: Sat, 28 Nov 2026 00:53:02 UTC\n"), "R");
  ASSERT_TRUE(release) << release.error().message;
  const TimePoint end = parse_rfc3339("2026-11-28T00:53:02Z").value();
  EXPECT_EQ(release->valid_until, end);
  EXPECT_TRUE(check_release(*release, "bookworm", end, "R"));
  EXPECT_TRUE(check_release(*release, "bookworm", {}, "R"));  // nobody asks
  const auto late = check_release(*release, "bookworm", end + std::chrono::seconds(1), "R");
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ExitCode::policy);
  EXPECT_THAT(late.error().message, HasSubstr("2026-11-28T00:53:02Z"));
}

TEST(Release, TimesThereAndBack) {
  for (const std::string time :
       {"Sat, 11 Jul 2026 10:16:37 UTC", "Thu, 01 Jan 1970 00:00:00 UTC", "Tue, 29 Feb 2028 23:59:59 UTC"}) {
    EXPECT_EQ(to_release_time(parse_release_time(time).value()), time);
  }
  EXPECT_EQ(parse_release_time("Sat, 1 Jul 2026 10:16:37 +0000").value(),
            parse_rfc3339("2026-07-01T10:16:37Z").value());
  for (const std::string_view wrong :
       {"", "Sat, 31 Feb 2026 10:16:37 UTC", "Sat, 11 Jul 2026 25:16:37 UTC", "Sat, 11 Jul 2026 10:16:37 CET",
        "2026-07-11T10:16:37Z", "Sat, 11 Jul 1960 1:1:1 UTC"}) {
    EXPECT_FALSE(parse_release_time(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace kubeferry::packages

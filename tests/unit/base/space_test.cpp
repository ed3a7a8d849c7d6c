// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/base/space.hpp>

#include <fcntl.h>
#include <sys/stat.h>

#include <filesystem>

#include <gmock/gmock.h>

#include <kubeferry/base/fd.hpp>

namespace kubeferry {
namespace {

using testing::HasSubstr;

constexpr std::uint64_t k_gib = std::uint64_t{1} << 30;
constexpr Space k_stick = {.available = 16 * k_gib, .longest_file = 4 * k_gib - 1, .kind = "FAT"};

TEST(Space, WhatFits) {
  EXPECT_TRUE(check_fits(k_stick, 4 * k_gib - 1, 0, "f"));
  EXPECT_TRUE(check_fits({.available = 10, .longest_file = 100, .kind = ""}, 10, 0, "f"));
  EXPECT_TRUE(check_fits({.available = 10, .longest_file = 100, .kind = ""}, 15, 5, "f"));
  EXPECT_TRUE(check_fits({.available = 0, .longest_file = 100, .kind = ""}, 5, 8, "f"));
}

TEST(Space, TooLittleSaysHowMuch) {
  const auto status = check_fits({.available = k_gib, .longest_file = 100 * k_gib, .kind = ""}, 4 * k_gib, k_gib, "f");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ExitCode::no_space);
  EXPECT_EQ(status.error().message, "f: needs 3.0 GiB, and the file system has 1.0 GiB left");
  EXPECT_THAT(status.error().hint, HasSubstr("free 2.0 GiB"));
}

TEST(Space, AFileThatFatCannotDescribe) {
  const auto status = check_fits(k_stick, 4 * k_gib, 4 * k_gib, "f");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ExitCode::no_space);
  EXPECT_THAT(status.error().message, HasSubstr("FAT"));
  EXPECT_THAT(status.error().hint, HasSubstr("exFAT"));
}

TEST(Space, IsThatOfTheFileSystem) {
  const std::filesystem::path folder = testing::TempDir();
  const auto fd = open_file(folder, O_RDONLY | O_DIRECTORY);
  ASSERT_TRUE(fd);
  const auto space = space_at(fd->get(), folder.native());
  ASSERT_TRUE(space);
  EXPECT_LE(space->available, std::filesystem::space(folder).capacity);
  EXPECT_GT(space->available, 0U);
  EXPECT_EQ(check_fits(fd->get(), std::uint64_t{1} << 60, "f").error().code, ExitCode::no_space);
  EXPECT_EQ(space_at(-1, "f").error().code, ExitCode::io);
}

}  // namespace
}  // namespace kubeferry

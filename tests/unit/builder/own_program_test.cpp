// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/builder/own_program.hpp>

#include <stdlib.h>

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <kubeferry/base/bytes.hpp>
#include <kubeferry/base/text.hpp>

namespace kubeferry::builder {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

/// The first bytes of an ELF executable: an ELF header and one program header of type `segment`.
std::string elf(unsigned machine, bool wide, bool big, unsigned segment) {
  std::string bytes(wide ? 64 + 56 : 52 + 32, '\0');
  const auto put = [&](std::size_t at, std::size_t width, std::uint64_t value) {
    for (std::size_t n = 0; n < width; ++n) {
      bytes[at + (big ? width - 1 - n : n)] = static_cast<char>(value >> (8 * n) & 0xffU);
    }
  };
  bytes.replace(0, 4,
                "\x7f"
                "ELF");
  bytes[4] = wide ? '\2' : '\1';
  bytes[5] = big ? '\2' : '\1';
  put(18, 2, machine);
  put(wide ? 32 : 28, wide ? 8 : 4, wide ? 64 : 52);
  put(wide ? 54 : 42, 2, wide ? 56 : 32);
  put(wide ? 56 : 44, 2, 1);
  put(wide ? 64 : 52, 4, segment);
  return bytes;
}
constexpr unsigned k_load = 1;
constexpr unsigned k_interpreter = 3;
const std::string k_amd64 = elf(62, true, false, k_load);
const std::string k_arm = elf(40, false, false, k_load);
const std::string k_s390x = elf(22, true, true, k_load);

class OwnProgramTest : public testing::Test {
protected:
  OwnProgramTest() {
    std::string name = (fs::temp_directory_path() / "kubeferry-own-XXXXXX").string();
    folder_ = mkdtemp(name.data());
    fs::create_directories(folder_ / "bin");
    fs::create_directories(folder_ / "lib/kubeferry");
    spec_.platforms = {"linux/amd64", "linux/arm", "linux/s390x"};
    spec_.kubernetes.emplace();
  }
  ~OwnProgramTest() override { fs::remove_all(folder_); }
  std::string write(const std::string& name, const std::string& bytes) const {
    std::ofstream(folder_ / name) << bytes;
    return folder_ / name;
  }
  [[nodiscard]] Result<OwnProgram> found() const { return own_program(spec_, folder_ / "bin/kubeferry"); }

  fs::path folder_;
  catalog::Spec spec_;
};

TEST_F(OwnProgramTest, IsFoundWhereReleasesPutIt) {
  const auto beside = write("bin/kubeferry-linux-arm", k_arm);
  const auto library = write("lib/kubeferry/kubeferry-linux-s390x", k_s390x);
  const auto running = write("bin/kubeferry", k_amd64);
  const auto own = found();
  ASSERT_TRUE(own) << own.error().message;
  EXPECT_EQ(own->absent, "");
  ASSERT_EQ(own->files.size(), 3U);
  EXPECT_EQ(own->files[0].source, running);
  EXPECT_EQ(own->files[1].source, beside);
  EXPECT_EQ(own->files[2].source, library);
  EXPECT_EQ(own->files[2].platforms, std::vector<std::string>{"linux/s390x"});
  EXPECT_EQ(own->files[2].path, "/usr/local/bin/kubeferry");
  EXPECT_EQ(own->files[2].mode, 0755U);
  EXPECT_EQ(own->files[2].component, "kubeferry");
}

TEST_F(OwnProgramTest, WhatIsNotStaticOrForAnotherMachineIsNotTaken) {
  write("bin/kubeferry", elf(62, true, false, k_interpreter));
  write("bin/kubeferry-linux-arm", k_s390x);
  const auto own = found();
  ASSERT_TRUE(own);
  EXPECT_TRUE(own->files.empty());
  EXPECT_THAT(own->absent, HasSubstr("no kubeferry for linux/amd64, linux/arm, linux/s390x: "));
  spec_.kubernetes.reset();
  EXPECT_EQ(found()->absent, "");
}

TEST_F(OwnProgramTest, ThatTheSpecNamesMustBeRight) {
  spec_.program = folder_ / "bin/{arch}";
  write("bin/amd64", k_amd64);
  write("bin/arm", k_arm);
  EXPECT_EQ(found().error().code, ExitCode::io);
  write("bin/s390x", k_arm);
  EXPECT_EQ(found().error().code, ExitCode::integrity);
  EXPECT_THAT(found().error().message, HasSubstr("is an executable for linux/arm, not for linux/s390x"));
  write("bin/s390x", "#!/bin/sh\n");
  EXPECT_EQ(found().error().code, ExitCode::integrity);
  write("bin/s390x", elf(22, true, true, k_interpreter));
  EXPECT_EQ(found().error().code, ExitCode::usage);
  EXPECT_THAT(found().error().message, HasSubstr("needs libraries that a bare host does not have"));
  write("bin/s390x", k_s390x);
  EXPECT_EQ(found()->files.size(), 3U);
}

TEST_F(OwnProgramTest, StaysAwayWhereItIsNotWanted) {
  write("bin/kubeferry", k_amd64);
  spec_.program = "none";
  EXPECT_TRUE(found()->files.empty());
  EXPECT_EQ(found()->absent, "");
  spec_.program.clear();
  catalog::FileSpec theirs;
  theirs.path = "/usr/local/bin/kubeferry";
  spec_.files = {theirs};
  EXPECT_TRUE(found()->files.empty());
}

}  // namespace
}  // namespace kubeferry::builder

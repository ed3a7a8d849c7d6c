// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/crypto/secret.hpp>

#include <filesystem>

#include <sys/stat.h>

#include <gtest/gtest.h>

#include <kubeferry/base/atomic_file.hpp>

#include "temporary_directory.hpp"

namespace kubeferry::crypto {
namespace {

class SecretFile : public testing::Test {
protected:
  std::filesystem::path write(std::string_view content, mode_t mode) {
    const auto path = directory_.path() / "secret";
    EXPECT_TRUE(write_file_atomically(path, content, mode));
    return path;
  }
  TemporaryDirectory directory_;
};

TEST_F(SecretFile, IsRead) {
  EXPECT_EQ(read_secret_file(write("s3cret\n", 0600)).value().view(), "s3cret\n");
  EXPECT_EQ(read_secret_file(write("", 0400)).value().view(), "");
}

TEST_F(SecretFile, IsRefusedWhenOthersMayUseIt) {
  for (const mode_t mode : {0640U, 0604U, 0660U, 0610U}) {
    const auto secret = read_secret_file(write("s3cret", mode));
    ASSERT_FALSE(secret) << std::oct << mode;
    EXPECT_EQ(secret.error().code, ExitCode::auth);
    EXPECT_NE(secret.error().hint.find("chmod 600"), std::string::npos);
    EXPECT_EQ(secret.error().message.find("s3cret"), std::string::npos);
  }
}

TEST_F(SecretFile, IsRefusedWhenMissingLargeOrNoFile) {
  EXPECT_EQ(read_secret_file(directory_.path() / "none").error().code, ExitCode::usage);
  EXPECT_EQ(read_secret_file(write(std::string(64 * 1024 + 1, 'x'), 0600)).error().code, ExitCode::limit);
  EXPECT_EQ(read_secret_file(directory_.path()).error().code, ExitCode::io);
  const auto fifo = directory_.path() / "fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_EQ(read_secret_file(fifo).error().code, ExitCode::io);
}

TEST_F(SecretFile, PassphraseIsItsFirstLine) {
  EXPECT_EQ(read_passphrase_file(write("open sesame\nmore\n", 0600)).value().view(), "open sesame");
  EXPECT_EQ(read_passphrase_file(write("dos\r\n", 0600)).value().view(), "dos");
  EXPECT_EQ(read_passphrase_file(write(" spaces stay ", 0600)).value().view(), " spaces stay ");
  EXPECT_EQ(read_passphrase_file(write("\nsecond", 0600)).error().code, ExitCode::auth);
}

TEST(SecretText, LeavesNothingBehindWhenMoved) {
  SecretText first("short");  // short enough to lie inside the string itself
  const SecretText second = std::move(first);
  EXPECT_EQ(second.view(), "short");
  EXPECT_TRUE(first.empty());  // NOLINT(bugprone-use-after-move): that is the point
}

}  // namespace
}  // namespace kubeferry::crypto

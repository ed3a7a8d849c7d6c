// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/base/atomic_file.hpp>

#include <sys/stat.h>

#include <cstdlib>

#include <gtest/gtest.h>

namespace kubeferry {
namespace {

class AtomicFileTest : public testing::Test {
protected:
  AtomicFileTest() {
    std::string name = testing::TempDir() + "kf-XXXXXX";
    folder_ = ::mkdtemp(name.data());
  }
  ~AtomicFileTest() override { std::filesystem::remove_all(folder_); }
  [[nodiscard]] std::ptrdiff_t entries() const {
    return std::distance(std::filesystem::directory_iterator(folder_), {});
  }
  std::filesystem::path folder_;
};

TEST_F(AtomicFileTest, AppearsOnlyWhenCommitted) {
  {
    auto file = AtomicFile::create(folder_ / "a", 0600);
    ASSERT_TRUE(file) << file.error().message;
    ASSERT_TRUE(file->write(as_byte_view("x")));
    EXPECT_FALSE(std::filesystem::exists(folder_ / "a"));
  }
  EXPECT_EQ(entries(), 0);
  ASSERT_TRUE(write_file_atomically(folder_ / "a", "hello", 0640));
  struct stat info {};
  ASSERT_EQ(::stat((folder_ / "a").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777U, 0640U);
  EXPECT_EQ(*read_file(folder_ / "a", 100), "hello");
  EXPECT_EQ(entries(), 1);
}

TEST_F(AtomicFileTest, RefusesToReplaceWhenAsked) {
  ASSERT_TRUE(write_file_atomically(folder_ / "a", "1", 0600, Replace::refused));
  EXPECT_EQ(write_file_atomically(folder_ / "a", "2", 0600, Replace::refused).error().code, ExitCode::usage);
  EXPECT_EQ(*read_file(folder_ / "a", 100), "1");
  EXPECT_EQ(entries(), 1);
}

TEST_F(AtomicFileTest, ReadFileIsBounded) {
  ASSERT_TRUE(write_file_atomically(folder_ / "a", "12345", 0600));
  EXPECT_EQ(read_file(folder_ / "a", 4).error().code, ExitCode::limit);
}

TEST_F(AtomicFileTest, RandomSourceRefusesWhatIsNoFile) {
  EXPECT_EQ(FileRandomSource::open(folder_).error().code, ExitCode::io);
  EXPECT_EQ(FileRandomSource::open(folder_ / "none").error().code, ExitCode::usage);
  ASSERT_EQ(::mkfifo((folder_ / "fifo").c_str(), 0600), 0);
  EXPECT_EQ(FileRandomSource::open(folder_ / "fifo").error().code, ExitCode::io);
}

}  // namespace
}  // namespace kubeferry

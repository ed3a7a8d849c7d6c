// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/source/fetch_bundle.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <future>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <kubeferry/base/fd.hpp>
#include <kubeferry/bundle/verify.hpp>

#include "site.hpp"

namespace kubeferry::source {
namespace {

using namespace testing_support;
using bundle::testing_support::file_text;
using bundle::testing_support::write_text;
using kubeferry::testing::Answer;
using kubeferry::testing::FaultServer;
using ::testing::HasSubstr;

class FetchBundleTest : public ::testing::Test {
protected:
  FetchBundleTest() { site_.fill(server_); }

  Result<std::shared_ptr<const bundle::Bundle>> fetch(std::stop_token stop = {}, Progress* progress = nullptr) {
    const auto remote = source::remote(site_.options(server_));
    if (!remote) {
      return Failure(remote.error());
    }
    return fetch_bundle(**remote, {.path = target_, .transfers = 3, .progress = progress, .stop = std::move(stop)});
  }
  [[nodiscard]] std::size_t chunks() const { return site_.bundle()->manifest().chunks.size(); }
  /// Requests for chunks so far.
  [[nodiscard]] std::size_t asked() const {
    std::size_t count = 0;
    for (std::size_t n = 0; n < chunks(); ++n) {
      count += server_.count(site_.chunk_path(n));
    }
    return count;
  }
  [[nodiscard]] bool partial() const { return std::filesystem::exists(target_.native() + ".partial"); }

  const Site& site_ = Site::get();
  FaultServer server_;
  Folder folder_;
  std::filesystem::path target_ = folder_ / "fetched.tar.zst";
};

TEST_F(FetchBundleTest, IsTheSameFile) {
  Progress progress("fetching", 0, ProgressMode::silent);
  const auto bundle = fetch({}, &progress);
  ASSERT_TRUE(bundle) << bundle.error().message;
  EXPECT_EQ(file_text(target_), file_text(site_.file()));
  EXPECT_FALSE(partial());
  EXPECT_TRUE(bundle::verify(**bundle, bundle::Depth::blobs, 1, nullptr, {}));
  EXPECT_EQ(progress.done(), site_.bundle()->file_bytes());
  struct stat info {};
  ASSERT_EQ(::stat(target_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0644U);
}

TEST_F(FetchBundleTest, FromARealRegistry) {
  const auto server = site_.serve();
  const auto remote = source::remote(site_.options({server->port()}));
  ASSERT_TRUE(remote) << remote.error().message;
  const auto bundle = fetch_bundle(**remote, {.path = target_});
  ASSERT_TRUE(bundle) << bundle.error().message;
  EXPECT_EQ(file_text(target_), file_text(site_.file()));
}

TEST_F(FetchBundleTest, ADamagedChunkEndsItAndTheNextRunGoesOn) {
  const std::size_t bad = chunks() - 3;
  server_.on(site_.chunk_path(bad),
             {Answer{.body = std::string(site_.chunk_text(bad).size(), 'x')}, Answer{.body = site_.chunk_text(bad)}});
  const auto first = fetch();
  ASSERT_FALSE(first);
  EXPECT_EQ(first.error().code, ExitCode::integrity);
  EXPECT_THAT(first.error().message, HasSubstr(site_.bundle()->manifest().chunks[bad].to_string()));
  EXPECT_FALSE(std::filesystem::exists(target_));
  EXPECT_TRUE(partial());
  const std::size_t before = asked();
  const auto second = fetch();
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(file_text(target_), file_text(site_.file()));
  EXPECT_LE(asked() - before, 3U) << "only what was missing is fetched";
}

TEST_F(FetchBundleTest, KeepsWhatIsRightAndRepairsTheRest) {
  std::string text = file_text(site_.file());
  text[text.size() / 2] = static_cast<char>(text[text.size() / 2] ^ 1);
  text[20] = 'x';  // the front is written anew in any case
  write_text(target_.native() + ".partial", text + "and more");
  const auto bundle = fetch();
  ASSERT_TRUE(bundle) << bundle.error().message;
  EXPECT_EQ(asked(), 1U);
  EXPECT_EQ(file_text(target_), file_text(site_.file()));
}

TEST_F(FetchBundleTest, GoesOnAfterBeingKilled) {
  const std::size_t half = chunks() / 2;
  std::promise<void> killed;
  server_.on(site_.chunk_path(half),
             [text = site_.chunk_text(half), until = killed.get_future().share()](const kubeferry::testing::Recorded&) {
               until.wait();
               return Answer{.body = text};
             });
  RemoteOptions options = site_.options(server_);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const auto remote = source::remote(std::move(options));
    ::_exit(remote && fetch_bundle(**remote, {.path = target_, .transfers = 1}) ? 0 : 1);
  }
  for (int n = 0; n < 1000 && server_.count(site_.chunk_path(half)) == 0; ++n) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  ::kill(child, SIGKILL);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  killed.set_value();
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_FALSE(std::filesystem::exists(target_));
  const std::size_t before = asked();
  const auto bundle = fetch();
  ASSERT_TRUE(bundle) << bundle.error().message;
  EXPECT_EQ(asked() - before, chunks() - half);
  EXPECT_EQ(file_text(target_), file_text(site_.file()));
}

TEST_F(FetchBundleTest, StopsWhenAskedAndKeepsWhatItHas) {
  std::stop_source stop;
  server_.on(site_.chunk_path(5), [&, text = site_.chunk_text(5)](const kubeferry::testing::Recorded&) {
    stop.request_stop();
    return Answer{.body = text};
  });
  const auto bundle = fetch(stop.get_token());
  ASSERT_FALSE(bundle);
  EXPECT_EQ(bundle.error().code, ExitCode::interrupted);
  EXPECT_TRUE(partial());
  EXPECT_TRUE(fetch());
}

TEST_F(FetchBundleTest, IsOpenedWhenItIsThere) {
  ASSERT_TRUE(fetch());
  const std::size_t before = asked();
  EXPECT_TRUE(fetch());
  EXPECT_EQ(asked(), before);
}

TEST_F(FetchBundleTest, SomethingElseInItsPlace) {
  write_text(target_, "mine");
  const auto bundle = fetch();
  ASSERT_FALSE(bundle);
  EXPECT_EQ(bundle.error().code, ExitCode::usage);
  EXPECT_EQ(file_text(target_), "mine");
  bundle::testing_support::write_sample(folder_ / "other", site_.key(), 9);
  std::filesystem::rename(folder_ / "other", target_);
  EXPECT_EQ(fetch().error().code, ExitCode::usage) << "another bundle of the same signer";
}

TEST_F(FetchBundleTest, TwoAtOnce) {
  const auto held = open_file(target_.native() + ".partial", O_RDWR | O_CREAT, 0644);
  ASSERT_TRUE(held);
  ASSERT_EQ(::flock(held->get(), LOCK_EX), 0);
  EXPECT_EQ(fetch().error().code, ExitCode::locked);
}

TEST_F(FetchBundleTest, NeverThroughASymbolicLink) {
  write_text(folder_ / "precious", "precious");
  std::filesystem::create_symlink(folder_ / "precious", target_.native() + ".partial");
  EXPECT_EQ(fetch().error().code, ExitCode::io);
  EXPECT_EQ(file_text(folder_ / "precious"), "precious");
}

/// A bundle far larger than any file system here.
class EndlessBundle final : public RemoteBundle {
public:
  explicit EndlessBundle(const Site& site)
      : name_("endless"), trust_(site.trust()), manifest_(site.bundle()->manifest()) {
    manifest_.payload_length = std::uint64_t{1} << 60;
  }
  [[nodiscard]] const std::string& name() const noexcept override { return name_; }
  [[nodiscard]] const bundle::Manifest& manifest() const noexcept override { return manifest_; }
  [[nodiscard]] const crypto::Digest& manifest_digest() const noexcept override { return digest_; }
  [[nodiscard]] const std::vector<crypto::VerifiedBy>& signers() const noexcept override { return signers_; }
  [[nodiscard]] const Bytes& front_bytes() const noexcept override { return front_; }
  [[nodiscard]] const crypto::Keyset& trust() const noexcept override { return trust_; }
  Result<std::unique_ptr<Source>> stream(const crypto::Digest&) const override { return fail(ExitCode::bug, "no"); }
  Result<Bytes> fetch_chunk(std::size_t) const override { return fail(ExitCode::bug, "nothing is fetched"); }

private:
  std::string name_;
  crypto::Keyset trust_;
  bundle::Manifest manifest_;
  crypto::Digest digest_;
  std::vector<crypto::VerifiedBy> signers_;
  Bytes front_;
};

TEST_F(FetchBundleTest, NoSpaceIsKnownBeforeAnythingIsFetched) {
  const auto bundle = fetch_bundle(EndlessBundle(site_), {.path = target_});
  ASSERT_FALSE(bundle);
  EXPECT_EQ(bundle.error().code, ExitCode::no_space);
  EXPECT_THAT(bundle.error().hint, HasSubstr("free "));
}

TEST_F(FetchBundleTest, NoDirectory) {
  target_ = folder_ / "missing" / "x.tar.zst";
  EXPECT_EQ(fetch().error().code, ExitCode::io);
}

}  // namespace
}  // namespace kubeferry::source

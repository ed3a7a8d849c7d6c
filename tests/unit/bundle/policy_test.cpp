// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/bundle/policy.hpp>

#include <gtest/gtest.h>

#include <sys/stat.h>

#include "sample.hpp"

namespace kubeferry::bundle {
namespace {

using namespace testing_support;
using namespace std::chrono_literals;

class PolicyTest : public testing::Test {
protected:
  PolicyTest() {
    manifest_.stream = "k8s";
    manifest_.sequence = 10;
    manifest_.created = *parse_rfc3339("2026-11-01T00:00:00Z");
    policy_.now = *parse_rfc3339("2026-11-21T00:00:00Z");
  }
  /// The reason of the refusal, or "ok".
  std::string reason() const {
    const Status status = check_policy(manifest_, digest_, policy_, state_);
    if (status) {
      return "ok";
    }
    EXPECT_EQ(status.error().code, ExitCode::policy);
    EXPECT_EQ(status.error().detail.at(0).first, "reason");
    return status.error().detail.at(0).second;
  }
  Manifest manifest_;
  crypto::Digest digest_ = crypto::Digest::of(as_byte_view("a"));
  crypto::Digest other_ = crypto::Digest::of(as_byte_view("b"));
  Policy policy_;
  TrustState state_;
};

TEST_F(PolicyTest, SequencesGoUp) {  // M16
  EXPECT_EQ(reason(), "ok");
  state_.streams["k8s"] = {10, digest_};
  EXPECT_EQ(reason(), "ok") << "the same bundle again";
  state_.streams["k8s"] = {10, other_};
  EXPECT_EQ(reason(), "equivocation");
  state_.streams["k8s"] = {11, other_};
  EXPECT_EQ(reason(), "rollback");
  policy_.allow_rollback = {digest_};
  EXPECT_EQ(reason(), "ok");
  policy_.allow_rollback = {other_};
  EXPECT_EQ(reason(), "rollback");
  state_.streams.clear();
  state_.streams["other"] = {99, other_};
  policy_.minimum_sequence = 11;
  EXPECT_EQ(reason(), "rollback");
}

TEST_F(PolicyTest, TimeAudienceAndStream) {  // M17, M18
  manifest_.not_after = *parse_rfc3339("2026-11-20T00:00:00Z");
  EXPECT_EQ(reason(), "expired");
  policy_.allow_expired = {digest_};
  EXPECT_EQ(reason(), "ok");
  policy_.allow_expired.clear();
  policy_.now = TimePoint{};
  EXPECT_EQ(reason(), "clock") << "1970 is a wrong clock, not an unexpired bundle";
  policy_.now = *parse_rfc3339("2026-11-10T00:00:00Z");
  EXPECT_EQ(reason(), "ok");
  state_.time_floor = *parse_rfc3339("2026-11-30T00:00:00Z");
  EXPECT_EQ(reason(), "clock") << "set back";
  state_.time_floor = *parse_rfc3339("2026-11-10T20:00:00Z");
  EXPECT_EQ(reason(), "ok");
  manifest_.created = policy_.now + 25h;
  manifest_.not_after.reset();
  EXPECT_EQ(reason(), "clock");
  manifest_.created = policy_.now;
  policy_.audience = "ship";
  EXPECT_EQ(reason(), "audience");
  manifest_.audience = "ship";
  policy_.stream = "edge";
  EXPECT_EQ(reason(), "stream");
}

TEST_F(PolicyTest, StateIsRememberedAndGuarded) {
  const Folder folder;
  const auto path = folder / "trust.json";
  EXPECT_TRUE(TrustState::load(path)->streams.empty());
  state_.accept(manifest_, digest_);
  ASSERT_TRUE(state_.save(path));
  const auto loaded = TrustState::load(path);
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(loaded->streams, state_.streams);
  EXPECT_EQ(loaded->time_floor, manifest_.created);
  const std::string text = file_text(path);
  for (const std::string& bad :
       {text.substr(0, 20), text + "x", std::string(), std::string("{\"kind\":\"kubeferry/trust-state/v2\"}")}) {
    write_text(path, bad);
    EXPECT_EQ(TrustState::load(path).error().code, ExitCode::io) << bad;
  }
  write_text(path, text);
  ::chmod(path.c_str(), 0666);
  EXPECT_EQ(TrustState::load(path).error().code, ExitCode::io);
  ::chmod(path.c_str(), 0600);
  std::filesystem::create_symlink(path, folder / "link");
  EXPECT_EQ(TrustState::load(folder / "link").error().code, ExitCode::io);
}

}  // namespace
}  // namespace kubeferry::bundle

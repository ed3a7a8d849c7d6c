// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/runtime/images.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <kubeferry/base/text.hpp>
#include <kubeferry/steps/step.hpp>

#include "sample_host.hpp"

namespace kubeferry::runtime {
namespace {

using testing::Contains;
using testing::HasSubstr;

const std::string k_digest = "sha256:" + std::string(64, 'a');
const std::string k_other = "sha256:" + std::string(64, 'b');
const std::string k_call = "/bin/crictl --runtime-endpoint unix:///s --image-endpoint unix:///s ";
const std::string k_ctr = "/bin/ctr --address /s --namespace k8s.io ";
const CriClient k_client = {.crictl = "/bin/crictl", .endpoint = "unix:///s", .ctr = "/bin/ctr"};

WantedImage pause() {
  return {.reference = "registry.k8s.io/pause:3.2",
          .digest = *crypto::Digest::parse(k_digest),
          .platform_digest = *crypto::Digest::parse(k_other),
          .architecture = "amd64"};
}

/// As crictl 1.20 writes it: sizes are strings, what is empty is null.
std::string listed(const std::string& tags, const std::string& digests) {
  return R"({"images": [{"id": "sha256:1", "repoTags": [)" + tags + R"(], "repoDigests": [)" + digests +
         R"(], "size": "300000", "uid": null, "username": ""}]})";
}

const std::string k_list = k_ctr + "images ls name==registry.k8s.io/pause:3.2";

/// As ctr writes it.
std::string row(const std::string& digest, const std::string& labels) {
  return "REF                       TYPE                                 DIGEST  SIZE      PLATFORMS   LABELS \n"
         "registry.k8s.io/pause:3.2 application/vnd.oci.image.index.v1+json " +
         digest + " 294.7 KiB linux/amd64 " + labels + " \n";
}

/// A runtime with one image under `tags`, or after a pull.
class Images : public testing::Test {
protected:
  void have(const std::string& tags, const std::string& digest = k_digest, const std::string& architecture = "amd64") {
    auto& answers = sample_.runner->answers;
    answers[k_call + "images -o json"] = {.out = listed(tags, "\"registry.k8s.io/pause@" + digest + "\"")};
    answers[k_call + "inspecti -o json registry.k8s.io/pause:3.2"] = {
        .out = R"({"status": {}, "info": {"chainID": "x", "imageSpec": {"architecture": ")" + architecture +
               R"(", "config": {"x": 1.5}}}})"};
    answers[k_list] = {.out = row(digest, "-")};
    answers["/bin/sync"] = {};
    answers[k_ctr + "images label registry.k8s.io/pause:3.2 io.cri-containerd.pinned=pinned"] = {};
  }
  void have_nothing() { sample_.runner->answers[k_call + "images -o json"] = {.out = R"({"images": []})"}; }
  std::unique_ptr<const steps::Step> step() { return image_step(k_client, pause(), UndoImages::remove); }

  SampleHost sample_;
};

TEST_F(Images, AreFoundByTagAndDigest) {
  have("\"registry.k8s.io/pause:3.2\"");
  const auto images = list_images(sample_.host, k_client);
  ASSERT_TRUE(images) << images.error().message;
  EXPECT_NE(find_image(*images, "registry.k8s.io/pause:3.2"), nullptr);
  EXPECT_NE(find_image(*images, "registry.k8s.io/pause@" + k_digest), nullptr);
  EXPECT_EQ(find_image(*images, "registry.k8s.io/pause:3.3"), nullptr);
  EXPECT_FALSE(images->front().pinned);
}

TEST_F(Images, OfALaterCrictlSayWhetherTheyArePinned) {
  sample_.runner->answers[k_call + "images -o json"] = {
      .out = R"({"images": [{"id": "sha256:1", "repoTags": ["a:1"], "repoDigests": [], "pinned": true}]})"};
  EXPECT_TRUE(list_images(sample_.host, k_client)->front().pinned);
  sample_.runner->answers[k_call + "inspecti -o json a:1"] = {
      .out = R"([{"status": {}, "info": {"imageSpec": {"architecture": "arm64"}}}])"};
  EXPECT_EQ(image_architecture(sample_.host, k_client, "a:1").value_or("?"), "arm64");
}

TEST_F(Images, AreComparedWithTheManifest) {
  RuntimeImage image{.repo_digests = {"registry.k8s.io/pause@" + k_digest}};
  EXPECT_EQ(problem_with(image, pause(), "amd64"), "");
  EXPECT_EQ(problem_with(image, pause(), ""), "");
  EXPECT_EQ(problem_with(image, pause(), "arm64"), "is for arm64 instead of amd64");
  image.repo_digests = {"registry.k8s.io/pause@" + k_other};
  EXPECT_EQ(problem_with(image, pause(), "amd64"), "");
  image.repo_digests = {"x@sha256:" + std::string(64, 'c')};
  EXPECT_THAT(problem_with(image, pause(), "amd64"), HasSubstr("instead of " + k_digest));
  image.repo_digests.clear();
  EXPECT_THAT(problem_with(image, pause(), "amd64"), HasSubstr("no digest"));
}

TEST_F(Images, ThatAreRightAndPinnedNeedNothing) {
  have("\"registry.k8s.io/pause:3.2\"");
  EXPECT_FALSE(*step()->satisfied(sample_.host));
  sample_.runner->answers[k_list] = {
      .out = row(k_digest, "io.cri-containerd.image=managed,io.cri-containerd.pinned=pinned")};
  EXPECT_TRUE(*step()->satisfied(sample_.host));
}

TEST_F(Images, NeedTheRuntimeToAnswer) { EXPECT_FALSE(*step()->satisfied(sample_.host)); }

TEST_F(Images, ArePulledAndPinned) {
  have_nothing();
  bool pulled = false;
  sample_.runner->otherwise = [&](const std::string& line) -> ProcessOutput {
    if (line == k_call + "pull registry.k8s.io/pause:3.2") {
      have("\"registry.k8s.io/pause:3.2\"");
      pulled = true;
      return {};
    }
    return {.exit_status = 1};
  };
  const Status status = step()->apply(sample_.host);
  EXPECT_TRUE(status) << status.error().message;
  EXPECT_TRUE(pulled);
  // What was unpacked is on the disk before the pin says that all is well.
  ASSERT_GE(sample_.runner->asked.size(), 2U);
  EXPECT_EQ(*(sample_.runner->asked.end() - 2), "/bin/sync");
  EXPECT_THAT(sample_.runner->asked.back(), HasSubstr("io.cri-containerd.pinned=pinned"));
}

TEST_F(Images, AreNotPinnedWhenTheyCannotBeFlushed) {
  have("\"registry.k8s.io/pause:3.2\"");
  std::filesystem::create_directories(sample_.host.at("/var/lib/containerd"));
  sample_.runner->answers["/bin/sync -f /var/lib/containerd"] = {
      .exit_status = 1, .out = {}, .err = "sync: I/O error\n"};
  const Status status = step()->apply(sample_.host);
  ASSERT_FALSE(status);
  EXPECT_THAT(status.error().message, HasSubstr("I/O error"));
  EXPECT_THAT(sample_.runner->asked, Not(Contains(HasSubstr("pinned"))));
}

TEST_F(Images, WithoutAPinArePulledAgainWhereTheStoreIsOurs) {
  have("\"registry.k8s.io/pause:3.2\"");
  sample_.runner->otherwise = [&](const std::string& line) -> ProcessOutput {
    if (line == k_call + "rmi registry.k8s.io/pause:3.2") {
      have_nothing();
      return {};
    }
    if (line == k_call + "pull registry.k8s.io/pause:3.2") {
      have("\"registry.k8s.io/pause:3.2\"");
      return {};
    }
    return {.exit_status = 1};
  };
  const auto ours = image_step(k_client, pause(), UndoImages::never);
  const Status status = ours->apply(sample_.host);
  ASSERT_TRUE(status) << status.error().message;
  EXPECT_THAT(sample_.runner->asked, Contains(k_call + "pull registry.k8s.io/pause:3.2"));
  // In somebody else's store it is theirs.
  sample_.runner->asked.clear();
  EXPECT_TRUE(step()->apply(sample_.host));
  EXPECT_THAT(sample_.runner->asked, Not(Contains(HasSubstr("rmi"))));
  EXPECT_THAT(sample_.runner->asked, Not(Contains(HasSubstr(" pull "))));
}

TEST_F(Images, LeasesOfTheDeadGoBeforeAPull) {
  have_nothing();
  sample_.file("/s", "");
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const auto lease = [](std::string_view id, TimePoint created, std::string_view offset, std::string_view labels) {
    const std::string text = to_rfc3339(created);
    return fmt::format("{} {}{} {} \n", id, text.substr(0, text.size() - 1), offset, labels);
  };
  using std::chrono::hours;
  using std::chrono::minutes;
  constexpr auto* k_day = "containerd.io/gc.expire=2026-11-23T05:22:38Z";
  sample_.runner->answers[k_ctr + "leases ls"] = {
      .out = "ID CREATED AT LABELS \n" + lease("old", now - hours(1), "Z", k_day) +
             lease("east", now - minutes(10) + hours(2), "+02:00", k_day) +
             lease("west", now - minutes(10) - hours(3) - minutes(30), "-03:30", k_day) +
             lease("future", now + hours(1), "Z", k_day) + lease("kept", now - hours(1), "Z", "-") +
             lease("alive", now + hours(2), "+02:00", k_day) + "odd 2026 x\n"};
  std::vector<std::string> said;
  sample_.runner->otherwise = [&](const std::string& line) -> ProcessOutput {
    said.push_back(line);
    return {.exit_status = line.find("pull") == std::string::npos ? 0 : 1};
  };
  EXPECT_FALSE(step()->apply(sample_.host));
  EXPECT_THAT(said, testing::ElementsAre(k_ctr + "leases rm --sync old east west future",
                                         k_call + "pull registry.k8s.io/pause:3.2"));
}

TEST_F(Images, ThatAreOthersAreRefused) {
  have_nothing();
  sample_.runner->otherwise = [&](const std::string&) -> ProcessOutput {
    have("\"registry.k8s.io/pause:3.2\"", "sha256:" + std::string(64, 'c'));
    return {};
  };
  const Status status = step()->apply(sample_.host);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ExitCode::integrity);
  EXPECT_THAT(sample_.runner->asked, Not(Contains(HasSubstr("pinned"))));
  // It does not stay under that name, unless it was there before.
  EXPECT_THAT(sample_.runner->asked, Contains(k_call + "rmi registry.k8s.io/pause:3.2"));
  sample_.runner->asked.clear();
  EXPECT_FALSE(step()->apply(sample_.host));
  EXPECT_THAT(sample_.runner->asked, Contains(HasSubstr("pull")));
  EXPECT_THAT(sample_.runner->asked, Not(Contains(HasSubstr("rmi"))));
}

TEST_F(Images, ThatWereImportedHaveTheirDigestInContainerd) {
  have("\"registry.k8s.io/pause:3.2\"");
  sample_.runner->answers[k_call + "images -o json"] = {.out = listed("\"registry.k8s.io/pause:3.2\"", "")};
  const std::vector<WantedImage> wanted = {pause()};
  EXPECT_THAT(*image_problems(sample_.host, k_client, wanted, PinsCount::no), testing::ElementsAre());
  sample_.runner->answers[k_list] = {.out = row("sha256:" + std::string(64, 'c'), "-")};
  EXPECT_EQ(image_problems(sample_.host, k_client, wanted, PinsCount::no)->size(), 1U);
  sample_.runner->answers[k_list] = {.out = row("nonsense", "-")};
  EXPECT_EQ(image_problems(sample_.host, k_client, wanted, PinsCount::no).error().code, ExitCode::format);
}

TEST_F(Images, OfAnotherArchitectureAreRefused) {
  have_nothing();
  sample_.runner->otherwise = [&](const std::string&) -> ProcessOutput {
    have("\"registry.k8s.io/pause:3.2\"", k_digest, "s390x");
    return {};
  };
  const Status status = step()->apply(sample_.host);
  ASSERT_FALSE(status);
  EXPECT_THAT(status.error().message, HasSubstr("is for s390x instead of amd64"));
}

TEST_F(Images, SayWhyTheyCannotBePulled) {
  sample_.runner->answers[k_call + "pull a:1"] = {
      .exit_status = 1, .out = {}, .err = "FATA[0000] pulling: no such host\n"};
  const Status status = pull_image(sample_.host, k_client, "a:1");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ExitCode::network);
  EXPECT_THAT(status.error().message, HasSubstr("no such host"));
}

TEST_F(Images, AreCountedByWhatIsWrongWithThem) {
  have("\"registry.k8s.io/pause:3.2\"");
  WantedImage missing = pause();
  missing.reference = "registry.k8s.io/etcd:3.4";
  const std::vector<WantedImage> wanted = {pause(), missing};
  EXPECT_THAT(*image_problems(sample_.host, k_client, wanted, PinsCount::no),
              testing::ElementsAre("registry.k8s.io/etcd:3.4: is not there"));
  EXPECT_THAT(
      *image_problems(sample_.host, k_client, wanted, PinsCount::yes),
      testing::ElementsAre("registry.k8s.io/pause:3.2: is not pinned", "registry.k8s.io/etcd:3.4: is not there"));
}

TEST_F(Images, AreRemovedByNameWhereOthersShareThem) {
  have(R"("registry.k8s.io/pause:3.2", "site/pause:1")");
  const std::string remove = k_ctr + "images rm registry.k8s.io/pause:3.2 registry.k8s.io/pause@" + k_digest;
  sample_.runner->answers[remove] = {};
  EXPECT_TRUE(remove_image(sample_.host, k_client, "registry.k8s.io/pause:3.2"));
  have(R"("registry.k8s.io/pause:3.2", "registry.k8s.io/pause:latest")");
  sample_.runner->answers[k_ctr + "images rm registry.k8s.io/pause:3.2"] = {};
  EXPECT_TRUE(remove_image(sample_.host, k_client, "registry.k8s.io/pause:3.2"));
  have(R"("registry.k8s.io/pause:3.2")");
  sample_.runner->answers[k_call + "rmi registry.k8s.io/pause:3.2"] = {};
  EXPECT_TRUE(remove_image(sample_.host, k_client, "registry.k8s.io/pause:3.2"));
  EXPECT_TRUE(remove_image(sample_.host, k_client, "not/there:1"));
}

TEST_F(Images, AreUndoneOnlyWhenTheyWereNotThere) {
  steps::Backups backups(sample_.host);
  have("\"registry.k8s.io/pause:3.2\"");
  const auto undo = runtime_undoers().at("image");
  const auto there = step()->capture(sample_.host, backups);
  ASSERT_TRUE(there) << there.error().message;
  EXPECT_TRUE(
      undo(sample_.host, {.kind = "image", .target = "registry.k8s.io/pause:3.2", .prior = *there}, backups, {}));
  EXPECT_THAT(sample_.runner->asked, Not(Contains(HasSubstr("rmi"))));
  have_nothing();
  const auto absent = step()->capture(sample_.host, backups);
  ASSERT_TRUE(absent);
  have("\"registry.k8s.io/pause:3.2\"");
  sample_.runner->answers[k_call + "rmi registry.k8s.io/pause:3.2"] = {};
  EXPECT_TRUE(
      undo(sample_.host, {.kind = "image", .target = "registry.k8s.io/pause:3.2", .prior = *absent}, backups, {}));
  EXPECT_THAT(sample_.runner->asked, Contains(HasSubstr("rmi registry.k8s.io/pause:3.2")));
}

TEST_F(Images, ArePinnedByCriOsConfiguration) {
  const CriClient crio = {.crictl = "/bin/crictl", .endpoint = "unix:///s"};
  EXPECT_TRUE(pin_image(sample_.host, crio, "a:1"));
  EXPECT_FALSE(*stored_image(sample_.host, crio, "a:1"));
  EXPECT_TRUE(sample_.runner->asked.empty());
}

TEST(Pins, AreHeededFromSomeVersionsOn) {
  EXPECT_FALSE(heeds_pins({1, 6, 20}));
  EXPECT_TRUE(heeds_pins({1, 6, 22}));
  EXPECT_FALSE(heeds_pins({1, 7, 2}));
  EXPECT_TRUE(heeds_pins({1, 7, 3}));
  EXPECT_TRUE(heeds_pins({2, 0, 0}));
}

}  // namespace
}  // namespace kubeferry::runtime

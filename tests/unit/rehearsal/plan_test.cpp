// SPDX-License-Identifier: Apache-2.0
#include "plan.hpp"

#include <unistd.h>

#include <gmock/gmock.h>

#include "answer.hpp"
#include "root.hpp"
#include "scene.hpp"

namespace kubeferry::rehearsal {
namespace {

TEST(Plan, SurvivesTheWayToProcessOne) {
  const Plan plan{.directory = "/srv/x",
                  .marker = "abc",
                  .namespaces = {{"mnt", "mnt:[1]"}, {"pid", "pid:[2]"}},
                  .arguments = {"init", "a b.tar.zst", "--trust", "k\u00e9y"},
                  .working_directory = "/root",
                  .interface = "ens3",
                  .addresses = {"10.0.0.5/24", "fd00::5/64"},
                  .hosts = "10.0.0.5 api.site\n",
                  .endpoint = "10.0.0.9",
                  .endpoint_port = 8443,
                  .port = 6443,
                  .name_servers = {"10.0.0.2"},
                  .networks = {"10.244.0.0/16"}};
  const auto parsed = parse_plan(to_text(to_json(plan)));
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(to_json(*parsed), to_json(plan));
  EXPECT_FALSE(parse_plan("{}"));
}

TEST(Answer, ErrorsKeepTheirCodeHintAndDetail) {
  const Result<Json> failed =
      Failure(Error{ExitCode::integrity, "m", "h", {{"blob", "sha256:1"}, {"blob", "sha256:2"}}});
  const auto back = answer_of(to_text(answer_json(failed)));
  ASSERT_FALSE(back);
  EXPECT_EQ(back.error().code, ExitCode::integrity);
  EXPECT_EQ(back.error().message, "m");
  EXPECT_EQ(back.error().hint, "h");
  EXPECT_EQ(back.error().detail, failed.error().detail);
  EXPECT_EQ(answer_of(to_text(answer_json(Json("ok")))).value(), Json("ok"));
  EXPECT_FALSE(answer_of("nonsense"));
}

// The guards that keep process 1's work from being done on the machine itself.
TEST(CheckNamespaces, RefusesWhoIsNotProcessOne) {
  ASSERT_NE(::getpid(), 1);
  const Status status = check_namespaces({.namespaces = {{"mnt", "mnt:[1]"}}});
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ExitCode::bug);
}

TEST(CheckMarker, OnlyThisRehearsals) {
  const Scene scene;
  EXPECT_FALSE(check_marker(scene.at(""), "abc"));
  scene.file("/.kubeferry-rehearsal", "abc");
  EXPECT_TRUE(check_marker(scene.at(""), "abc"));
  EXPECT_FALSE(check_marker(scene.at(""), "abd"));
  scene.file("/.kubeferry-rehearsal", "");
  EXPECT_FALSE(check_marker(scene.at(""), "")) << "a plan without a marker proves nothing";
}

}  // namespace
}  // namespace kubeferry::rehearsal

// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/rehearsal/manager.hpp>

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include <gmock/gmock.h>

#include "scene.hpp"

namespace kubeferry::rehearsal {
namespace {

using testing::HasSubstr;
using testing::Not;

/// Real programs below a root of its own, with process groups instead of control groups, and this process as process 1.
class ManagerTest : public testing::Test {
protected:
  ManagerTest() {
    std::filesystem::create_directories(scene.at("/logs"));
    std::filesystem::create_directories(scene.at("/run"));
  }
  ~ManagerTest() override {
    manager.kill_all();
    turn([] { return ::waitpid(-1, nullptr, WNOHANG) < 0; });
  }

  void unit(const std::string& name, const std::string& service) const {
    scene.file("/etc/systemd/system/" + name,
               "[Unit]\nDescription=a test\n[Service]\n" + service + "\n[Install]\nWantedBy=multi-user.target\n");
  }

  /// Process 1's loop, until `done` or ten seconds.
  template <class Done>
  bool turn(const Done& done) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (std::chrono::steady_clock::now() < end) {
      int status = 0;
      for (pid_t pid = 0; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;) {
        manager.child_ended(pid, status);
      }
      manager.read_notifications();
      manager.tick();
      if (done()) {
        return true;
      }
      ::poll(nullptr, 0, 5);
    }
    return false;
  }

  Reply ask(std::vector<std::string> arguments) {
    std::optional<Reply> reply;
    manager.request(arguments, [&](const Reply& said) { reply = said; });
    EXPECT_TRUE(turn([&] { return reply.has_value(); })) << testing::PrintToString(arguments);
    return reply.value_or(Reply{99, "", ""});
  }
  std::string state(const std::string& name) { return ask({"is-active", name}).out; }
  bool reaches(const std::string& name, const std::string& wanted) {
    return turn([&] {
      std::string now;
      manager.request(std::vector<std::string>{"is-active", name}, [&](const Reply& said) { now = said.out; });
      return now == wanted + "\n";
    });
  }
  std::string log(const std::string& name) const { return scene.text("/logs/" + name + ".log"); }

  Scene scene;
  Manager manager{{.host = scene.host(), .run = scene.at("/run"), .logs = scene.at("/logs"), .group = ""}};
};

TEST_F(ManagerTest, StartsStopsAndSaysSo) {
  unit("a.service",
       "Environment=\"WORD=hello there\"\nExecStart=/bin/sh -c 'echo \"$$WORD $$1\"; exec sleep 1000' sh ${WORD}");
  EXPECT_EQ(state("a"), "inactive\n");
  EXPECT_EQ(ask({"start", "a"}).status, 0);
  EXPECT_EQ(state("a"), "active\n");
  EXPECT_EQ(ask({"is-active", "--quiet", "a"}).status, 0);
  EXPECT_THAT(ask({"status", "a"}).out, HasSubstr("Active: active (running)"));
  EXPECT_TRUE(turn([&] { return log("a").find("hello there hello there") != std::string::npos; })) << log("a");
  EXPECT_EQ(ask({"stop", "a"}).status, 0);
  EXPECT_EQ(state("a"), "inactive\n");
  EXPECT_EQ(ask({"is-active", "a"}).status, 3);
}

TEST_F(ManagerTest, UnknownAndMaskedUnits) {
  EXPECT_EQ(ask({"start", "none"}).status, 5);
  EXPECT_EQ(ask({"stop", "none"}).status, 5);
  EXPECT_EQ(ask({"status", "none"}).status, 4);
  EXPECT_EQ(ask({"is-enabled", "none"}).status, 1);
  EXPECT_EQ(ask({"frobnicate", "none"}).status, 1);
  EXPECT_EQ(ask({"start"}).status, 1);
  std::filesystem::create_directories(scene.at("/etc/systemd/system"));
  std::filesystem::create_symlink("/dev/null", scene.at("/etc/systemd/system/m.service"));
  EXPECT_THAT(ask({"start", "m"}).err, HasSubstr("masked"));
  EXPECT_EQ(ask({"is-enabled", "m"}).out, "masked\n");
  EXPECT_EQ(ask({"enable", "m"}).status, 1);
}

TEST_F(ManagerTest, EnableAndDisableAreLinks) {
  unit("a.service", "ExecStart=/bin/true");
  EXPECT_EQ(ask({"is-enabled", "a"}).out, "disabled\n");
  EXPECT_EQ(ask({"enable", "a"}).status, 0);
  EXPECT_EQ(ask({"is-enabled", "a"}).out, "enabled\n");
  EXPECT_TRUE(std::filesystem::is_symlink(scene.at("/etc/systemd/system/multi-user.target.wants/a.service")));
  EXPECT_EQ(ask({"disable", "a"}).status, 0);
  EXPECT_EQ(ask({"is-enabled", "a"}).status, 1);
}

TEST_F(ManagerTest, NotifyWaitsForReady) {
  // Python speaks to sockets without any further program.
  scene.file("/notify.py",
             "import os, socket, time\n"
             "time.sleep(0.3)\n"
             "s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)\n"
             "s.sendto(b'STATUS=well\\nREADY=1', os.environ['NOTIFY_SOCKET'])\n"
             "time.sleep(1000)\n");
  unit("n.service", "Type=notify\nExecStart=/usr/bin/python3 " + scene.at("/notify.py"));
  std::optional<Reply> reply;
  manager.request(std::vector<std::string>{"start", "n"}, [&](const Reply& said) { reply = said; });
  EXPECT_EQ(state("n"), "activating\n");
  ASSERT_TRUE(turn([&] { return reply.has_value(); }));
  EXPECT_EQ(reply->status, 0) << log("n");
  EXPECT_EQ(state("n"), "active\n");
}

TEST_F(ManagerTest, NotifyThatEndsBeforeItIsReadyFails) {
  unit("n.service", "Type=notify\nExecStart=/bin/true");
  EXPECT_EQ(ask({"start", "n"}).status, 1);
  EXPECT_EQ(state("n"), "failed\n");
  EXPECT_EQ(ask({"reset-failed", "n"}).status, 0);
  EXPECT_EQ(state("n"), "inactive\n");
}

TEST_F(ManagerTest, NotifyThatIsNeverReadyIsKilled) {
  unit("n.service", "Type=notify\nTimeoutStartSec=300ms\nExecStart=/bin/sleep 1000");
  EXPECT_EQ(ask({"start", "n"}).status, 1);
  EXPECT_THAT(log("n"), HasSubstr("timed out"));
}

TEST_F(ManagerTest, OneshotIsOverWhenItsCommandsAre) {
  unit("o.service", "Type=oneshot\nExecStart=/bin/sh -c 'echo one'\nExecStart=/bin/sh -c 'echo two'");
  EXPECT_EQ(ask({"start", "o"}).status, 0);
  EXPECT_EQ(state("o"), "inactive\n");
  EXPECT_THAT(log("o"), HasSubstr("one\ntwo\n"));
  unit("r.service", "Type=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true");
  EXPECT_EQ(ask({"start", "r"}).status, 0);
  EXPECT_EQ(state("r"), "active\n");
}

TEST_F(ManagerTest, WhatComesBeforeMustSucceedUnlessItSaysOtherwise) {
  unit("a.service", "ExecStartPre=-/bin/false\nExecStartPre=-/no/such/program\nExecStart=/bin/sleep 1000");
  EXPECT_EQ(ask({"start", "a"}).status, 0);
  unit("b.service", "ExecStartPre=/bin/false\nExecStart=/bin/sleep 1000");
  EXPECT_EQ(ask({"start", "b"}).status, 1);
  EXPECT_EQ(state("b"), "failed\n");
  unit("c.service", "ExecStart=/no/such/program");
  EXPECT_EQ(ask({"start", "c"}).status, 1);
  EXPECT_THAT(log("c"), HasSubstr("/no/such/program"));
}

TEST_F(ManagerTest, RestartsWhatEnds) {
  unit("a.service", "ExecStart=/bin/sh -c 'echo once more; exit 3'\nRestart=on-failure\nRestartSec=50ms");
  EXPECT_EQ(ask({"start", "a"}).status, 0);
  ASSERT_TRUE(reaches("a", "failed")) << log("a");
  EXPECT_THAT(log("a"), HasSubstr("repeated too quickly"));
  EXPECT_EQ(ask({"show", "a", "-p", "Result", "--value"}).out, "start-limit-hit\n");
  unit("b.service", "ExecStart=/bin/true\nRestart=on-failure");
  EXPECT_EQ(ask({"start", "b"}).status, 0);
  EXPECT_TRUE(reaches("b", "inactive"));
}

TEST_F(ManagerTest, RestartReadsTheFilesAnew) {
  unit("a.service", "ExecStart=/bin/sleep 1000");
  EXPECT_EQ(ask({"start", "a"}).status, 0);
  const std::string before = ask({"show", "--property=MainPID", "a"}).out;
  scene.file("/etc/systemd/system/a.service.d/10.conf",
             "[Service]\nExecStart=\nExecStart=/bin/sh -c 'echo new; sleep 1000'\n");
  EXPECT_EQ(ask({"daemon-reload"}).status, 0);
  EXPECT_EQ(ask({"restart", "a"}).status, 0);
  EXPECT_THAT(ask({"show", "--property=MainPID", "a"}).out, Not(before));
  EXPECT_TRUE(turn([&] { return log("a").find("new") != std::string::npos; }));
  EXPECT_THAT(ask({"cat", "a"}).out, HasSubstr("a.service.d/10.conf"));
}

TEST_F(ManagerTest, WhatDoesNotStopIsKilled) {
  unit("a.service", "TimeoutStopSec=300ms\nExecStart=/bin/sh -c 'trap \"\" TERM; while :; do sleep 0.05; done'");
  EXPECT_EQ(ask({"start", "a"}).status, 0);
  ::poll(nullptr, 0, 200);
  EXPECT_EQ(ask({"stop", "a"}).status, 0);
  EXPECT_THAT(log("a"), HasSubstr("Killing"));
}

TEST_F(ManagerTest, WhatTheMachineDoesForAllCountsAsActive) {
  Manager other({.host = scene.host(), .run = "", .logs = "", .group = "", .outside = {"far.service"}});
  Reply reply;
  other.request(std::vector<std::string>{"is-active", "far"}, [&](const Reply& said) { reply = said; });
  EXPECT_EQ(reply.out, "active\n");
  EXPECT_EQ(reply.status, 0);
}

TEST_F(ManagerTest, CredentialsAndFolders) {
  scene.file("/etc/secret", "pssst");
  scene.file("/etc/defaults", "MORE=\"a b\"\n");
  unit("a.service",
       "Type=oneshot\nLoadCredential=key:/etc/secret\nStateDirectory=a\nEnvironmentFile=/etc/defaults\n"
       "EnvironmentFile=-/etc/none\n"
       "ExecStart=/bin/sh -c 'cat $$CREDENTIALS_DIRECTORY/key; echo; echo $$STATE_DIRECTORY; printf \"<%%s>\" \"$$@\"' "
       "sh $MORE");
  EXPECT_EQ(ask({"start", "a"}).status, 0) << log("a");
  EXPECT_THAT(log("a"), HasSubstr("pssst\n/var/lib/a\n<a><b>"));
  EXPECT_TRUE(std::filesystem::is_directory(scene.at("/var/lib/a")));
  unit("b.service", "LoadCredential=key:/etc/none\nExecStart=/bin/true");
  EXPECT_EQ(ask({"start", "b"}).status, 1);
  unit("c.service", "EnvironmentFile=/etc/none\nExecStart=/bin/true");
  EXPECT_EQ(ask({"start", "c"}).status, 1);
}

}  // namespace
}  // namespace kubeferry::rehearsal

// SPDX-License-Identifier: Apache-2.0
// Rows F01 and F02: the disk fills up at any write, or inodes run out, and undo leads back.
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <kubeferry/crypto/digest.hpp>

#include "scene.hpp"

namespace kubeferry::steps {
namespace {

Plan plan() {
  Plan plan;
  for (int n = 0; n < 12; ++n) {
    plan.push_back(text_file(fmt::format("/etc/d{}/f", n % 5), std::string(9000, static_cast<char>('a' + n)), 0644));
    plan.push_back(text_file(fmt::format("/etc/g{}", n), std::string(5000, static_cast<char>('A' + n)), 0600));
  }
  plan.push_back(directory("/opt/cni/bin", 0755));
  return plan;
}

/// In a mount namespace of its own, with a tmpfs of `options` as the host. The name of what went wrong, or nothing.
std::string fill(const std::string& options, bool& finished) {
  const Scene scene(fast_folder());
  if (::mount("tmpfs", scene.at("/").c_str(), "tmpfs", 0, options.c_str()) != 0) {
    return "mount";
  }
  std::string wrong;
  {
    std::filesystem::create_directories(scene.at("/var/lib"));
    std::filesystem::create_directories(scene.at("/etc"));
    for (int n = 0; n < 12; n += 2) {
      scene.write(fmt::format("/etc/g{}", n), std::string(7000, static_cast<char>('0' + n)), 0640);
    }
    const auto before = scene.tree();
    const auto applied = scene.apply(plan());
    finished = applied.has_value();
    if (!applied && applied.error().code != ExitCode::no_space) {
      wrong = "apply: " + applied.error().message;
    }
    const auto peeked = Journal::peek(scene.host());
    if (wrong.empty() && !peeked) {
      wrong = "journal: " + peeked.error().message;
    }
    if (wrong.empty()) {
      if (const Status undone = scene.undo_and_remove(); !undone) {
        wrong = "undo: " + undone.error().message;
      } else if (scene.tree() != before) {
        wrong = "the tree differs";
      } else if (scene.host().exists(k_state_directory)) {
        wrong = "the journal is left";
      }
    }
  }
  ::umount2(scene.at("/").c_str(), MNT_DETACH);
  return wrong;
}

/// Sweeps `option` from `from` in steps of `step` until the plan fits, in a child: its mounts are nobody else's.
int sweep(const char* option, unsigned from, unsigned step, const char* unit) {
  const pid_t child = ::fork();
  if (child != 0) {
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  if (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
    ::perror("a mount namespace (the tests run as root)");
    ::_exit(2);
  }
  bool finished = false;
  int failures = 0;
  for (unsigned size = from; !finished && size < from + 400 * step; size += step) {
    const std::string options = fmt::format("{}={}{}", option, size, unit);
    const std::string wrong = fill(options, finished);
    if (!wrong.empty()) {
      fmt::print(stderr, "{}: {}\n", options, wrong);
      ++failures;
    }
  }
  ::_exit(failures > 0 || !finished ? 1 : 0);
}

TEST(DiskFullTest, AtAnyWrite) { EXPECT_EQ(sweep("size", 72, 4, "k"), 0); }

TEST(DiskFullTest, OfInodes) { EXPECT_EQ(sweep("nr_inodes", 16, 1, ""), 0); }

}  // namespace
}  // namespace kubeferry::steps

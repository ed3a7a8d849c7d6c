// SPDX-License-Identifier: Apache-2.0
// Rows F01 and F02: the disk fills up at any write, or inodes run out, and undo leads back.
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <functional>

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

/// With a tmpfs of `options` as the host. The name of what went wrong, or nothing.
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

/// Somebody else fills the disk after we are done: undoing frees nothing, and its records need room all the same.
std::string fill_afterwards() {
  const Scene scene(fast_folder());
  if (::mount("tmpfs", scene.at("/").c_str(), "tmpfs", 0, "size=1m") != 0) {
    return "mount";
  }
  Plan many;
  std::filesystem::create_directories(scene.at("/var/lib"));
  for (int n = 0; n < 90; ++n) {
    scene.write(fmt::format("/proc/sys/kernel/key{}", n), "0\n");
    many.push_back(sysctl(fmt::format("kernel.key{}", n), "1"));
  }
  std::string wrong;
  if (const auto applied = scene.apply(many); !applied) {
    wrong = "apply: " + applied.error().message;
  }
  std::ofstream filler(scene.at("/filler"));
  while (filler << std::string(512, 'x') << std::flush) {
  }
  if (const Status undone = scene.undo(); wrong.empty() && !undone) {
    wrong = "undo: " + undone.error().message;
  }
  filler.close();
  ::umount2(scene.at("/").c_str(), MNT_DETACH);
  return wrong;
}

/// Runs `work` in a child in a mount namespace of its own: its mounts are nobody else's.
int among_own_mounts(const std::function<int()>& work) {
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
  ::_exit(work());
}

/// Sweeps `option` from `from` in steps of `step` until the plan fits.
int sweep(const char* option, unsigned from, unsigned step, const char* unit) {
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
  return failures > 0 || !finished ? 1 : 0;
}

TEST(DiskFullTest, AtAnyWrite) {
  EXPECT_EQ(among_own_mounts([] { return sweep("size", 72, 4, "k"); }), 0);
}

TEST(DiskFullTest, OfInodes) {
  EXPECT_EQ(among_own_mounts([] { return sweep("nr_inodes", 16, 1, ""); }), 0);
}

TEST(DiskFullTest, OfWhatOthersWriteUndoNeedsNothing) {
  EXPECT_EQ(among_own_mounts([] {
              const std::string wrong = fill_afterwards();
              fmt::print(stderr, "{}", wrong);
              return wrong.empty() ? 0 : 1;
            }),
            0);
}

}  // namespace
}  // namespace kubeferry::steps

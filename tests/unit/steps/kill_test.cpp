// SPDX-License-Identifier: Apache-2.0
// SIGKILL after every system call that changes a file, then going on: the result is that of an uninterrupted run.
#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <kubeferry/crypto/digest.hpp>

#include "scene.hpp"
#include "tracer.hpp"

namespace kubeferry::steps {
namespace {

constexpr std::size_t k_more_than_all = 5000;

std::string kubelet() { return std::string(200000, 'k'); }

std::unique_ptr<const Step> program_step() {
  return content_file("/usr/local/bin/kubelet",
                      {.digest = crypto::Digest::of(as_byte_view(kubelet())),
                       .size = kubelet().size(),
                       .open = []() -> Result<std::unique_ptr<Source>> {
                         static const std::string content = kubelet();
                         return std::make_unique<MemorySource>(as_byte_view(content));
                       }},
                      0755);
}

/// As much of everything as an installation has.
Plan whole_plan() {
  return plan_of(restart_after_undo("containerd.service"), directory("/var/lib/etcd", 0700, Remove::with_content),
                 directory("/opt/cni", 0750), program_step(),
                 text_file("/etc/containerd/config.toml", "version = 2\n", 0644),
                 text_file("/etc/containerd/certs.d/docker.io/hosts.toml", "server = \"x\"\n", 0644),
                 text_file("/etc/resolv.conf", "nameserver 10.0.0.1\n", 0644),
                 text_file("/etc/kubernetes/token", "secret\n", 0600, Secret::yes),
                 text_file("/etc/systemd/system/kubelet.service", "[Unit]\n", 0644), kernel_module("br_netfilter"),
                 sysctl("net.ipv4.ip_forward", "1"), sysctl("kernel.panic", "10"),
                 unit("containerd.service", {.enabled = true, .running = true, .revision = "2"}),
                 unit("kubelet.service", {.enabled = true, .running = true, .revision = "1"}));
}

struct KillTest : testing::Test {
  struct Host : Scene {
    Host() : Scene(fast_folder()) {
      for (const auto* name : {"systemctl", "modprobe", "rmmod"}) {
        program(fmt::format("/usr/bin/{}", name));
      }
      write("/etc/containerd/config.toml", "version = 1\n# theirs\n", 0640);
      write("/run/resolv.conf", "nameserver 192.0.2.1\n");
      std::filesystem::create_symlink("../run/resolv.conf", at("/etc/resolv.conf"));
      write("/usr/lib/systemd/system/containerd.service", "[Unit]\n");
      write("/proc/sys/net/ipv4/ip_forward", "0\n");
      write("/proc/sys/kernel/panic", "0\n");
      write("/proc/sys/kernel/osrelease", "6.1\n");
      write("/proc/modules", "bridge 1 0 - Live 0x0\n");
      write("/lib/modules/6.1/modules.dep", "kernel/br_netfilter.ko: kernel/bridge.ko\n");
      std::filesystem::create_directory(at("/opt"));
      system().set("containerd.service.active", "active");
      system().set("containerd.service.enabled", "enabled");
    }
    /// All that must be as it was, with what the kernel and systemd know.
    [[nodiscard]] std::string state() const {
      std::string text;
      for (const auto& [path, what] : tree()) {
        text += fmt::format("{} {}\n", path, what.size() > 300 ? what.substr(0, 300) : what);
      }
      for (const auto* path : {"/proc/sys/net/ipv4/ip_forward", "/proc/sys/kernel/panic"}) {
        text += fmt::format("{} {}\n", path, trim(read(path)));
      }
      text += read("/proc/modules").find("br_netfilter") == std::string::npos ? "" : "br_netfilter\n";
      text += read("/proc/modules").find("bridge") == std::string::npos ? "" : "bridge\n";
      for (const auto* unit : {"containerd.service", "kubelet.service"}) {
        text += fmt::format("{} {} {}\n", unit, system().get(std::string(unit) + ".active", "inactive"),
                            system().get(std::string(unit) + ".enabled", "disabled"));
      }
      return text;
    }
    [[nodiscard]] int apply_whole() const { return this->apply(whole_plan()) ? 0 : 1; }
  };
};

TEST_F(KillTest, WithoutAKillEverythingIsDoneAndUndone) {
  const Host host;
  const std::string before = host.state();
  const auto applied = host.apply(whole_plan());
  ASSERT_TRUE(applied) << applied.error().message;
  EXPECT_EQ(applied->applied, whole_plan().size());
  EXPECT_NE(host.state(), before);
  const auto again = host.apply(whole_plan());
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->applied, 0U);
  const Status undone = host.undo_and_remove();
  ASSERT_TRUE(undone) << undone.error().message;
  EXPECT_EQ(host.state(), before);
  EXPECT_FALSE(host.host().exists(k_state_directory));
  EXPECT_TRUE(host.warnings().empty()) << host.warnings()[0];
}

TEST_F(KillTest, AKilledRunGoesOnAndIsUndoneWhole) {
  const Host reference;
  const std::string before = reference.state();
  ASSERT_EQ(reference.apply_whole(), 0);
  const std::string after = reference.state();
  std::size_t point = 0;
  for (; point < k_more_than_all; ++point) {
    const Host host;
    const Ending ending = run_and_kill(point, [&] { return host.apply_whole(); });
    if (!ending.killed) {
      ASSERT_EQ(ending.exit_status, 0);
      break;
    }
    const auto resumed = host.apply(whole_plan());
    ASSERT_TRUE(resumed) << "killed at " << point << ": " << resumed.error().message;
    ASSERT_EQ(host.state(), after) << "killed at " << point;
    const Status undone = host.undo_and_remove();
    ASSERT_TRUE(undone) << "killed at " << point << ": " << undone.error().message;
    ASSERT_EQ(host.state(), before) << "killed at " << point;
    ASSERT_TRUE(host.warnings().empty()) << "killed at " << point << ": " << host.warnings()[0];
    ASSERT_FALSE(host.host().exists(k_state_directory)) << "killed at " << point;
  }
  EXPECT_GT(point, 100U);
  RecordProperty("points", static_cast<int>(point));
}

TEST_F(KillTest, AKilledRunIsUndoneAtOnceByAResetThatIsKilledToo) {
  const std::string before = Host().state();
  // Some pairs of points; all single ones are in the other tests.
  for (std::size_t point = 0; point < k_more_than_all; point += 3) {
    const Host host;
    const Ending applied = run_and_kill(point, [&] { return host.apply_whole(); });
    const Ending reset = run_and_kill(point / 2, [&] { return host.undo_and_remove() ? 0 : 1; });
    const Status undone = host.undo_and_remove();
    ASSERT_TRUE(undone) << "killed at " << point << ": " << undone.error().message;
    ASSERT_EQ(host.state(), before) << "killed at " << point;
    ASSERT_TRUE(host.warnings().empty()) << "killed at " << point << ": " << host.warnings()[0];
    if (!applied.killed && !reset.killed) {
      break;
    }
  }
}

TEST_F(KillTest, AKilledResetGoesOn) {
  const std::string before = Host().state();
  for (std::size_t point = 0; point < k_more_than_all; ++point) {
    const Host host;
    ASSERT_EQ(host.apply_whole(), 0);
    const Ending ending = run_and_kill(point, [&] { return host.undo_and_remove() ? 0 : 1; });
    if (!ending.killed) {
      ASSERT_EQ(ending.exit_status, 0);
      break;
    }
    const Status undone = host.undo_and_remove();
    ASSERT_TRUE(undone) << "killed at " << point << ": " << undone.error().message;
    ASSERT_EQ(host.state(), before) << "killed at " << point;
    ASSERT_TRUE(host.warnings().empty()) << "killed at " << point << ": " << host.warnings()[0];
  }
}

}  // namespace
}  // namespace kubeferry::steps

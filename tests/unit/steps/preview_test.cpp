// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "scene.hpp"

namespace kubeferry::steps {
namespace {

struct PreviewTest : testing::Test {
  Scene scene;
  PreviewTest() {
    scene.program("/usr/bin/systemctl");
    scene.write("/etc/a", "one\ntwo\n");
    scene.write("/etc/same", "same\n");
    std::filesystem::create_symlink("a", scene.at("/etc/link"));
    scene.write("/proc/sys/net/ipv4/ip_forward", "0\n");
    scene.write("/usr/lib/systemd/system/containerd.service", "");
  }
  [[nodiscard]] Plan plan() const {
    return plan_of(text_file("/etc/new", "x\n\ty\x1b[31m\n", 0644), text_file("/etc/a", "one\n2\n", 0644),
                   text_file("/etc/same", "same\n", 0644), text_file("/etc/link", "x", 0644),
                   text_file("/etc/token", "hunter2\n", 0600, Secret::yes), sysctl("net.ipv4.ip_forward", "1"),
                   sysctl("net.bridge.bridge-nf-call-iptables", "1"), kernel_module("overlay"),
                   unit("containerd.service", {}), directory("/opt/cni", 0755),
                   action({.kind = "kubeadm",
                           .target = "init",
                           .summary = "run kubeadm init",
                           .preview = {.action = {}, .summary = {}, .diff = {}, .argv = {"kubeadm", "init", "a b'c"}},
                           .satisfied = {},
                           .capture = {},
                           .apply = {}}));
  }
};

TEST_F(PreviewTest, ReadsLikeAPlan) {
  const auto before = scene.tree();
  const auto text = plan_text(scene.host(), plan());
  ASSERT_TRUE(text) << text.error().message;
  EXPECT_EQ(*text, R"(create /etc/new (0644, 10 B)
    --- /dev/null
    +++ /etc/new
    @@ -0,0 +1,2 @@
    +x
    +	y\x1b[31m

replace /etc/a (0644, 6 B)
    --- /etc/a
    +++ /etc/a
    @@ -1,2 +1,2 @@
     one
    -two
    +2

replace /etc/link (0644, 1 B), a symbolic link to a

create /etc/token (0600, 8 B)

set net.ipv4.ip_forward = 1 (was 0)

set net.bridge.bridge-nf-call-iptables = 1 (not there yet)

load kernel module overlay
    $ modprobe -- overlay

enable and start containerd.service
    $ /usr/bin/systemctl enable --now containerd.service

create directory /opt/cni (0755)

run kubeadm init
    $ kubeadm init 'a b'\''c'

as wanted already: /etc/same
)");
  EXPECT_EQ(scene.tree(), before);
}

TEST_F(PreviewTest, IsTheSameForPrograms) {
  const auto json = plan_json(scene.host(), plan());
  ASSERT_TRUE(json) << json.error().message;
  const auto& steps = *json->as_array();
  ASSERT_EQ(steps.size(), plan().size());
  EXPECT_EQ(to_text(steps[2]),
            R"({"kind":"file","target":"/etc/same","action":"keep","summary":"write /etc/same","diff":"","argv":[]})");
  EXPECT_EQ(*steps[0].find("action")->as_string(), "create");
  EXPECT_EQ(*steps[1].find("diff")->as_string(), "--- /etc/a\n+++ /etc/a\n@@ -1,2 +1,2 @@\n one\n-two\n+2\n");
  EXPECT_EQ(*steps[4].find("diff")->as_string(), "");
  EXPECT_EQ(to_text(*steps[10].find("argv")), R"(["kubeadm","init","a b'c"])");
  EXPECT_TRUE(parse_json(to_text(*json), "plan"));
}

}  // namespace
}  // namespace kubeferry::steps

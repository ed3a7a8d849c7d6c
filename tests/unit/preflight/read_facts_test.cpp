// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/preflight/facts.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fixture.hpp"

namespace kubeferry::preflight {
namespace {

using namespace testing_support;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(ReadFacts, MemoryAndSwap) {
  Tree tree;
  tree.write("/proc/meminfo", "MemTotal:       24684096 kB\nMemFree:         100 kB\n");
  tree.write("/proc/swaps", "Filename\t\t\tType\t\tSize\t\tUsed\t\tPriority\n/dev/zram0  partition\t4\t0\t100\n");
  const Facts facts = read_facts(tree.host());
  EXPECT_EQ(facts.memory, std::uint64_t{24684096} * 1024);
  EXPECT_THAT(facts.swaps, ElementsAre("/dev/zram0"));
  EXPECT_GE(facts.processors, 1U);
  EXPECT_GT(facts.now, *parse_rfc3339("2020-01-01T00:00:00Z"));
}

TEST(ReadFacts, Kernel) {
  Tree tree;
  tree.write("/proc/sys/kernel/osrelease", "6.1.0-28-amd64\n");
  tree.write("/proc/sys/net/ipv4/ip_forward", "0\n");
  tree.write("/proc/sys/fs/inotify/max_user_watches", "65536\n");
  tree.write(
      "/boot/config-6.1.0-28-amd64",
      "#\n# Automatic\nCONFIG_NET_NS=y\nCONFIG_EXT4_FS=m\n# CONFIG_X is not set\nCONFIG_NAME=\"a\"\nCONFIG_END=\n");
  tree.write("/lib/modules/6.1.0-28-amd64/modules.builtin", "kernel/fs/overlayfs/overlay.ko\n");
  tree.write("/sys/module/vxlan/initstate", "live\n");
  tree.write("/lib/modules/6.1.0-28-amd64/modules.dep",
             "kernel/net/bridge/br-netfilter.ko.xz: kernel/net/bridge/bridge.ko.xz\nkernel/x/not_nf_conntrack.ko:\n");
  const Kernel kernel = read_facts(tree.host()).kernel;
  EXPECT_EQ(kernel.release, "6.1.0-28-amd64");
  EXPECT_TRUE(kernel.has_configuration);
  EXPECT_EQ(kernel.configuration.at("CONFIG_NET_NS"), 'y');
  EXPECT_EQ(kernel.configuration.at("CONFIG_EXT4_FS"), 'm');
  EXPECT_FALSE(kernel.configuration.contains("CONFIG_X") || kernel.configuration.contains("CONFIG_END"));
  EXPECT_EQ(kernel.modules.at("overlay"), Module::built_in);
  EXPECT_EQ(kernel.modules.at("vxlan"), Module::loaded);
  EXPECT_EQ(kernel.modules.at("ip_set"), Module::missing);
  EXPECT_EQ(kernel.modules.at("br_netfilter"), Module::on_disk);
  EXPECT_EQ(kernel.modules.at("nf_conntrack"), Module::missing);
  EXPECT_EQ(kernel.sysctls.at("net.ipv4.ip_forward"), "0");
  EXPECT_EQ(kernel.sysctls.at("fs.inotify.max_user_watches"), "65536");
  EXPECT_FALSE(kernel.sysctls.contains("net.ipv6.conf.default.forwarding"));
  EXPECT_TRUE(kernel.sysctls_writable);
  EXPECT_FALSE(kernel.machine.empty());
}

TEST(ReadFacts, KernelWithoutModules) {
  Tree tree;
  tree.write("/proc/sys/kernel/osrelease", "6.18.44\n");
  tree.write("/proc/filesystems", "nodev\tproc\nnodev\toverlay\n\text4\n");
  tree.write("/proc/sys/net/bridge/bridge-nf-call-iptables", "1\n");
  tree.write("/sys/module/nf_conntrack/parameters/acct", "N\n");
  tree.write("/proc/config.gz", "not read");
  tree.program("/usr/bin/gzip");
  tree.runner().answers[fmt::format("/usr/bin/gzip -dc {}", (tree.root() / "proc/config.gz").native())] =
      "CONFIG_INET=y\nCONFIG_NETFILTER_XT_SET=y\nCONFIG_GENEVE=m\n";
  const Kernel kernel = read_facts(tree.host()).kernel;
  for (const auto name : k_modules) {
    EXPECT_EQ(kernel.modules.at(std::string(name)), Module::loaded) << name;
  }
  EXPECT_EQ(kernel.modules.at("xt_set"), Module::built_in);
  EXPECT_EQ(kernel.modules.at("geneve"), Module::missing);
  EXPECT_EQ(kernel.configuration.size(), 3U);
  EXPECT_FALSE(kernel.sysctls_writable);
}

TEST(ReadFacts, Cgroups) {
  Tree two;
  two.write("/proc/self/mountinfo", "31 23 0:28 / /sys/fs/cgroup rw shared:9 - cgroup2 cgroup2 rw,nsdelegate\n");
  two.write("/sys/fs/cgroup/cgroup.controllers", "cpuset cpu io memory pids\n");
  EXPECT_EQ(read_facts(two.host()).cgroups.version, 2);
  EXPECT_THAT(read_facts(two.host()).cgroups.controllers,
              ElementsAre("cpu", "cpuset", "devices", "freezer", "io", "memory", "pids"));
  Tree one;
  one.write("/proc/self/mountinfo",
            "32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"
            "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
  one.write("/proc/cgroups", "#subsys_name\thierarchy\tnum_cgroups\tenabled\ncpu\t1\t1\t1\nmemory\t0\t1\t0\n");
  EXPECT_EQ(read_facts(one.host()).cgroups.version, 1);
  EXPECT_THAT(read_facts(one.host()).cgroups.controllers, ElementsAre("cpu"));
  EXPECT_EQ(read_facts(Tree().host()).cgroups.version, 0);
}

TEST(ReadFacts, Resolver) {
  Tree tree;
  tree.write("/etc/resolv.conf",
             "# comment\nnameserver 127.0.0.53\noptions edns0\nnameserver fe80::1%eth0\nnameserver x\n");
  tree.write("/run/systemd/resolve/resolv.conf", "nameserver 192.0.2.53\nsearch example.org\n");
  const Resolver resolver = read_facts(tree.host()).resolver;
  EXPECT_TRUE(resolver.exists);
  EXPECT_THAT(resolver.nameservers, ElementsAre(address("127.0.0.53"), address("fe80::1")));
  ASSERT_TRUE(resolver.upstream);
  EXPECT_THAT(*resolver.upstream, ElementsAre(address("192.0.2.53")));
  EXPECT_FALSE(read_facts(Tree().host()).resolver.exists);
}

TEST(ReadFacts, Identity) {
  Tree tree;
  tree.write("/proc/sys/kernel/hostname", "node-1\n");
  tree.write("/etc/hosts", "127.0.0.1 localhost\n192.0.2.10 Node-1.example Node-1 # node-9\n192.0.2.11 x # node-1\n");
  tree.write("/etc/machine-id", "3d1219c7c4c5404aaa1f6d2a48adfda4\n");
  tree.write("/sys/class/dmi/id/product_uuid", "8f0e4a3e-59ee-4c5a-8ccd-3dd4f1a2b3c4\n");
  tree.write("/etc/os-release", "NAME=\"Rocky Linux\"\nID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n");
  const Identity identity = read_facts(tree.host()).identity;
  EXPECT_EQ(identity.hostname, "node-1");
  EXPECT_THAT(identity.in_hosts_file, ElementsAre(address("192.0.2.10")));
  EXPECT_TRUE(identity.resolves);
  EXPECT_EQ(identity.machine_id, "3d1219c7c4c5404aaa1f6d2a48adfda4");
  EXPECT_EQ(identity.product_uuid, "8f0e4a3e-59ee-4c5a-8ccd-3dd4f1a2b3c4");
  EXPECT_EQ(identity.os_id, "rocky");
  EXPECT_EQ(identity.os_like, "rhel centos fedora");
}

TEST(ReadFacts, NameByGetent) {
  Tree tree;
  tree.write("/proc/sys/kernel/hostname", "node-1\n");
  EXPECT_FALSE(read_facts(tree.host()).identity.resolves);
  tree.program("/usr/bin/getent");
  EXPECT_FALSE(read_facts(tree.host()).identity.resolves);
  tree.runner().answers["/usr/bin/getent hosts node-1"] = "192.0.2.10      node-1\n";
  EXPECT_TRUE(read_facts(tree.host()).identity.resolves);
}

TEST(ReadFacts, Places) {
  Tree tree;
  tree.write("/proc/self/mountinfo",
             "27 1 254:0 / / rw - ext4 /dev/vda rw\n"
             "28 27 8:1 / /data rw,noexec - xfs /dev/sda rw\n"
             "29 27 8:2 / /usr ro - squashfs /dev/sdb ro\n");
  tree.write("/data/containerd/x", "");
  tree.link("/var/lib/containerd", "../../data/containerd");
  const auto places = read_facts(tree.host()).places;
  EXPECT_EQ(places.size(), std::size(k_places));
  const Place& containerd = places.at("/var/lib/containerd");
  EXPECT_EQ(containerd.mount_point, "/data");
  EXPECT_EQ(containerd.device, "8:1");
  EXPECT_TRUE(containerd.no_exec);
  EXPECT_FALSE(containerd.read_only);
  EXPECT_GT(containerd.total_bytes, 0U);
  EXPECT_TRUE(places.at("/usr/local/bin").read_only);
  EXPECT_EQ(places.at("/var/lib/etcd").mount_point, "/");
  EXPECT_GT(places.at("/var/lib/etcd").total_bytes, 0U);
}

TEST(ReadFacts, Software) {
  Tree tree;
  for (const char* const path :
       {"/usr/bin/systemctl", "/usr/bin/containerd", "/usr/bin/kubelet", "/usr/local/bin/kubeadm", "/sbin/modprobe"}) {
    tree.program(path);
  }
  tree.write("/usr/bin/tc", "cannot be executed");
  tree.write("/run/systemd/system/x", "");
  tree.runner().answers = {
      {"/usr/bin/systemctl is-active containerd.service crio.service docker.service firewalld.service "
       "fapolicyd.service systemd-resolved.service",
       "active\ninactive\nunknown\nactive\nfailed\nactive\n"},
      {"/usr/bin/containerd --version",
       "containerd github.com/containerd/containerd 1.6.20~ds1 1.6.20~ds1-1+deb12u1\n"},
      {"/usr/bin/kubelet --version", "Kubernetes v1.34.2\n"},
      {"/usr/local/bin/kubeadm version -o short", "v1.33.1\n"}};
  tree.write("/run/containerd/containerd.sock", "");
  tree.write("/etc/kubernetes/admin.conf", "");
  tree.write("/var/lib/etcd/member/x", "");
  tree.write("/var/lib/rancher/k3s/x", "");
  const Facts facts = read_facts(tree.host());
  const Software& software = facts.software;
  EXPECT_TRUE(software.systemd);
  EXPECT_EQ(software.programs.at("modprobe"), "/sbin/modprobe");
  EXPECT_FALSE(software.programs.contains("tc"));
  EXPECT_THAT(software.active_units,
              ElementsAre("containerd.service", "firewalld.service", "systemd-resolved.service"));
  EXPECT_EQ(software.containerd, "1.6.20~ds1");
  EXPECT_EQ(software.kubelet, "v1.34.2");
  EXPECT_EQ(software.kubeadm, "v1.33.1");
  EXPECT_THAT(software.cri_sockets, ElementsAre("/run/containerd/containerd.sock"));
  EXPECT_THAT(software.cluster_files, ElementsAre("/etc/kubernetes/admin.conf"));
  EXPECT_TRUE(software.etcd_data);
  EXPECT_THAT(software.distributions, ElementsAre("k3s"));
  EXPECT_TRUE(facts.security.firewalld);
  EXPECT_FALSE(facts.security.fapolicyd);
}

TEST(ReadFacts, EmptyEtcdDirectory) {
  Tree tree;
  std::filesystem::create_directories(tree.root() / "var/lib/etcd");
  EXPECT_FALSE(read_facts(tree.host()).software.etcd_data);
}

TEST(ReadFacts, Security) {
  Tree tree;
  tree.write("/sys/fs/selinux/enforce", "1");
  tree.write("/sys/module/apparmor/parameters/enabled", "Y\n");
  tree.write("/etc/ufw/ufw.conf", "# x\nENABLED=yes\nLOGLEVEL=low\n");
  Security security = read_facts(tree.host()).security;
  EXPECT_TRUE(security.selinux && security.selinux_enforcing && security.apparmor);
  EXPECT_FALSE(security.container_policy || security.ufw);
  tree.write("/usr/share/containers/selinux/contexts", "");
  tree.program("/usr/sbin/ufw");
  security = read_facts(tree.host()).security;
  EXPECT_TRUE(security.container_policy && security.ufw);
  tree.write("/sys/fs/selinux/enforce", "0");
  EXPECT_FALSE(read_facts(tree.host()).security.selinux_enforcing);
}

TEST(ReadFacts, AnEmptyHostIsNotACrash) {
  const Facts facts = read_facts(Tree().host());
  EXPECT_EQ(facts.memory, 0U);
  EXPECT_FALSE(facts.software.systemd);
  EXPECT_FALSE(check(facts, good_question()).empty());
}

TEST(ReadFacts, ThisMachine) {
  const Facts facts = read_facts(host::Host::local());
  EXPECT_GT(facts.memory, 0U);
  EXPECT_FALSE(facts.kernel.release.empty() || facts.kernel.platform.empty());
  EXPECT_FALSE(facts.identity.hostname.empty());
  EXPECT_EQ(facts.software.containerd.empty(), !facts.software.programs.contains("containerd"));
  for (const auto& [path, place] : facts.places) {
    EXPECT_FALSE(place.mount_point.empty()) << path;
    EXPECT_GT(place.total_bytes, 0U) << path;
  }
}

}  // namespace
}  // namespace kubeferry::preflight

// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/preflight/check.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fixture.hpp"

namespace kubeferry::preflight {
namespace {

using namespace testing_support;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;

/// One thing that is wrong with the good host, or asked otherwise, and all that is then found.
struct Defect {
  const char* name;
  std::function<void(Facts&, Question&)> spoil;
  std::vector<std::string> found;
  const char* says = "";  ///< part of what the first one says, in what, why or fix
};

void PrintTo(const Defect& defect, std::ostream* out) { *out << defect.name; }

class Checks : public ::testing::TestWithParam<Defect> {};

TEST(Good, FindsNothing) {
  for (const Role role : {Role::init, Role::control_plane, Role::worker}) {
    Question question = good_question();
    question.role = role;
    EXPECT_EQ(names(check(good_facts(), question)), std::vector<std::string>());
  }
}

TEST(Good, NeedsNoBundle) { EXPECT_EQ(names(check(good_facts(), Question())), std::vector<std::string>()); }

TEST_P(Checks, FindsExactlyIt) {
  Facts facts = good_facts();
  Question question = good_question();
  GetParam().spoil(facts, question);
  const auto findings = check(facts, question);
  EXPECT_THAT(names(findings), ElementsAreArray(GetParam().found));
  for (const auto& finding : findings) {
    EXPECT_FALSE(finding.what.empty() || finding.why.empty()) << finding.name;
    EXPECT_TRUE(finding.severity == Severity::info || !finding.fix.empty()) << finding.name;
    EXPECT_EQ((finding.what + finding.why + finding.fix).find('\n'), std::string::npos) << finding.name;
  }
  if (!findings.empty()) {
    EXPECT_THAT(findings[0].what + "|" + findings[0].why + "|" + findings[0].fix, HasSubstr(GetParam().says));
  }
}

void use_worker(Facts&, Question& question) { question.role = Role::worker; }
std::function<void(Facts&, Question&)> both(std::function<void(Facts&, Question&)> a,
                                            std::function<void(Facts&, Question&)> b) {
  return [a = std::move(a), b = std::move(b)](Facts& facts, Question& question) {
    a(facts, question);
    b(facts, question);
  };
}
std::function<void(Facts&, Question&)> kubernetes(const char* version) {
  return [version](Facts&, Question& question) { question.bundle->kubernetes = version; };
}
std::function<void(Facts&, Question&)> without(const char* program) {
  return [program](Facts& facts, Question&) { facts.software.programs.erase(program); };
}
std::function<void(Facts&, Question&)> created(const char* time) {
  return [time](Facts&, Question& question) { question.bundle->created = *parse_rfc3339(time); };
}

INSTANTIATE_TEST_SUITE_P(
    Host, Checks,
    ::testing::Values(
        Defect{"NotRoot", [](Facts& f, Question&) { f.root = false; }, {"error IsPrivilegedUser"}, "sudo"},
        Defect{"NoSystemd", [](Facts& f, Question&) { f.software.systemd = false; }, {"error InitSystem"}},
        Defect{"NoSystemctl", without("systemctl"), {"error InitSystem"}},
        Defect{"Architecture", [](Facts& f, Question&) { f.kernel.platform = "linux/s390x"; }, {"error Architecture"},
               "this host is linux/s390x, the bundle is for linux/amd64, linux/arm64"},
        Defect{"StrangeMachine",
               [](Facts& f, Question& q) {
                 f.kernel.platform.clear();
                 f.kernel.machine = "riscv64";
                 q.bundle->platforms = {"linux/amd64"};
               },
               {"error Architecture"}, "this host is riscv64"},
        Defect{"OneProcessor", [](Facts& f, Question&) { f.processors = 1; }, {"error NumCPU"}, "1 processor"},
        Defect{"OneProcessorForWorker", both([](Facts& f, Question&) { f.processors = 1; }, use_worker), {}},
        Defect{"Memory", [](Facts& f, Question&) { f.memory = (std::uint64_t{1700} << 20) - 1; }, {"error Mem"},
               "1699 MiB"},
        Defect{"MemoryJustEnough", [](Facts& f, Question&) { f.memory = std::uint64_t{1700} << 20; }, {}},
        Defect{"MemoryForWorker", both([](Facts& f, Question&) { f.memory = std::uint64_t{1} << 29; }, use_worker), {}},
        Defect{"Swap", [](Facts& f, Question&) { f.swaps = {"/dev/sda2", "/swapfile"}; }, {"error Swap"},
               "/dev/sda2, /swapfile"},
        Defect{"SwapAllowed",
               [](Facts& f, Question& q) {
                 f.swaps = {"/dev/sda2"};
                 q.fail_swap_on = false;
               },
               {}},
        Defect{"ClockBehind", created("2026-11-23T00:00:01Z"), {"error Clock"}, "2026-11-23T00:00:01Z"},
        Defect{"ClockWithinTolerance", created("2026-11-23T00:00:00Z"), {}},
        Defect{"ClockYearsAhead", created("2023-11-01T00:00:00Z"), {"warning Clock"}, "years after"},
        Defect{"ClockNotSynchronised", [](Facts& f, Question&) { f.clock_synchronised = false; },
               {"warning ClockSync"}},
        Defect{"ClockUnknown", [](Facts& f, Question&) { f.clock_synchronised = std::nullopt; }, {}},
        Defect{"HostnameUnderscore", [](Facts& f, Question&) { f.identity.hostname = "node_1"; }, {"error Hostname"},
               "hostnamectl"},
        Defect{"HostnameLong", [](Facts& f, Question&) { f.identity.hostname = std::string(64, 'a'); },
               {"error Hostname"}},
        Defect{"HostnameEmpty", [](Facts& f, Question&) { f.identity.hostname.clear(); }, {"error Hostname"}},
        Defect{"HostnameDash", [](Facts& f, Question&) { f.identity.hostname = "node-"; }, {"error Hostname"}},
        Defect{"HostnameDots", [](Facts& f, Question&) { f.identity.hostname = "node..a"; }, {"error Hostname"}},
        Defect{"Localhost", [](Facts& f, Question&) { f.identity.hostname = "localhost.localdomain"; },
               {"error Hostname"}, "a name of its own"},
        Defect{"HostnameUnresolved", [](Facts& f, Question&) { f.identity.resolves = false; }, {"warning Hostname"},
               "/etc/hosts"},
        Defect{"NodeNameUpper", [](Facts&, Question& q) { q.node_name = "Node"; }, {"error Hostname"}, "--node-name"},
        Defect{"NodeNameGiven",
               [](Facts& f, Question& q) {
                 f.identity.hostname = "bad_name";
                 q.node_name = "good.name";
               },
               {}},
        Defect{"NoMachineId", [](Facts& f, Question&) { f.identity.machine_id = std::nullopt; },
               {"warning MachineID"}, "systemd-machine-id-setup"},
        Defect{"EmptyMachineId", [](Facts& f, Question&) { f.identity.machine_id = ""; }, {"warning MachineID"}},
        Defect{"UninitializedMachineId", [](Facts& f, Question&) { f.identity.machine_id = "uninitialized"; },
               {"warning MachineID"}, "\"uninitialized\""},
        Defect{"ZeroMachineId", [](Facts& f, Question&) { f.identity.machine_id = std::string(32, '0'); },
               {"warning MachineID"}},
        Defect{"NoProductUuid", [](Facts& f, Question&) { f.identity.product_uuid = std::nullopt; }, {}},
        Defect{"CommonProductUuid",
               [](Facts& f, Question&) { f.identity.product_uuid = "03000200-0400-0500-0006-000700080009"; },
               {"warning ProductUUID"}},
        Defect{"FullProductUuid",
               [](Facts& f, Question&) { f.identity.product_uuid = "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF"; },
               {"warning ProductUUID"}}),
    [](const auto& test) { return test.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Kernel, Checks,
    ::testing::Values(
        Defect{"Old",
               both([](Facts& f, Question&) { f.kernel.release = "3.9.1"; }, kubernetes("v1.30.0")),
               // Kubernetes 1.30 wants more programs, too.
               {"error KernelVersion", "error FileExisting-conntrack"},
               "3.10"},
        Defect{"RedHat8",
               both([](Facts& f, Question&) { f.kernel.release = "4.18.0-553.el8.x86_64"; }, kubernetes("v1.32.1")),
               {"error KernelVersion"},
               "4.19"},
        Defect{"RedHat8Newer",
               [](Facts& f, Question&) { f.kernel.release = "4.18.0-553.el8.x86_64"; },
               {"warning KernelVersion"},
               "5.4"},
        Defect{"NoConfiguration",
               [](Facts& f, Question&) {
                 f.kernel.has_configuration = false;
                 f.kernel.configuration.clear();
               },
               {"error KernelConfig"},
               "/boot/config-6.1.0-28-amd64"},
        Defect{"UnreadableConfiguration", [](Facts& f, Question&) { f.kernel.configuration.clear(); }, {}},
        Defect{"MissingOptions",
               [](Facts& f, Question&) {
                 f.kernel.configuration.erase("CONFIG_IP_NF_TARGET_REDIRECT");
                 f.kernel.configuration["CONFIG_MEMCG"] = 'n';
               },
               {"error KernelConfig"},
               "CONFIG_MEMCG, CONFIG_NETFILTER_XT_TARGET_REDIRECT"},
        Defect{"MissingModule",
               [](Facts& f, Question&) { f.kernel.modules["br_netfilter"] = Module::missing; },
               {"error KernelModules"},
               "br_netfilter"},
        Defect{"NoModprobe", without("modprobe"), {"error KernelModules"}, "apt-get install kmod"},
        Defect{"NoModprobeNeeded",
               [](Facts& f, Question&) {
                 f.software.programs.erase("modprobe");
                 for (auto& [name, state] : f.kernel.modules) {
                   state = Module::loaded;
                 }
               },
               {}},
        Defect{"ReadOnlyProc",
               [](Facts& f, Question&) { f.kernel.sysctls_writable = false; },
               {"error Sysctls"},
               "not in a container"},
        Defect{"ForwardingOff",
               [](Facts& f, Question&) { f.kernel.sysctls["net.ipv4.ip_forward"] = "0"; },
               {"info IpForward"}},
        Defect{"ForwardingOffForIpv6",
               [](Facts&, Question& q) { q.advertise = address("fd00:1::10"); },
               {"info IpForward"},
               "net.ipv6"},
        Defect{"FewInotify",
               [](Facts& f, Question&) { f.kernel.sysctls["fs.inotify.max_user_instances"] = "64"; },
               {"warning Inotify"},
               "max_user_instances is 64"},
        Defect{"NoCgroups", [](Facts& f, Question&) { f.cgroups = {}; }, {"error CgroupVersion"}},
        Defect{"CgroupVersion1",
               [](Facts& f, Question&) {
                 f.cgroups.version = 1;
                 f.cgroups.controllers.insert("cpuacct");
               },
               {"warning CgroupVersion"}},
        Defect{"CgroupVersion1Since35",
               [](Facts& f, Question& q) {
                 f.cgroups.version = 1;
                 f.cgroups.controllers.insert("cpuacct");
                 q.bundle->kubernetes = "v1.35.0";
               },
               {"error CgroupVersion"},
               "failCgroupV1"},
        Defect{"CgroupVersion1Allowed",
               [](Facts& f, Question& q) {
                 f.cgroups.version = 1;
                 f.cgroups.controllers.insert("cpuacct");
                 q.bundle->kubernetes = "v1.35.0";
                 q.fail_cgroup_v1 = false;
               },
               {}},
        Defect{"NoMemoryController",
               [](Facts& f, Question&) { f.cgroups.controllers.erase("memory"); },
               {"error Cgroups"},
               "cgroup_enable=memory"},
        Defect{"NoPidsController",
               [](Facts& f, Question&) { f.cgroups.controllers.erase("pids"); },
               {"error Cgroups"},
               "pids"}),
    [](const auto& test) { return test.param.name; });

constexpr std::uint64_t k_gibibyte = std::uint64_t{1} << 30;

INSTANTIATE_TEST_SUITE_P(
    Storage, Checks,
    ::testing::Values(Defect{"OneMountForAll",
                             [](Facts& f, Question&) {
                               // 4 GiB and 0.25 GiB, each of which fits; with 5 % they are 4.46 GiB.
                               for (auto& [path, place] : f.places) {
                                 place.free_bytes = k_gibibyte * 4 + k_gibibyte * 4 / 10;
                                 place.total_bytes = k_gibibyte * 5;
                               }
                             },
                             {"error DiskSpace"},
                             "/usr/local/bin, /var/lib/containerd"},
                      Defect{"MountOfItsOwn",
                             [](Facts& f, Question&) {
                               f.places["/var/lib/containerd"] = {.mount_point = "/var/lib/containerd",
                                                                  .device = "8:2",
                                                                  .total_bytes = k_gibibyte * 3,
                                                                  .free_bytes = k_gibibyte * 3,
                                                                  .free_inodes = 1000000};
                             },
                             {"error DiskSpace"},
                             "/var/lib/containerd has 3.0 GiB free and needs 4.2 GiB"},
                      Defect{"SpaceOfOurOwnRun",
                             [](Facts& f, Question& q) {
                               f.places["/var/lib/containerd"].device = "8:2";
                               f.places["/var/lib/containerd"].free_bytes = 1;
                               q.ours = {"/var/lib/containerd"};
                             },
                             {}},
                      Defect{"PathBelowAPlace",
                             [](Facts&, Question& q) {
                               q.needs["/var/lib/etcd/member"] = {.bytes = k_gibibyte * 79, .inodes = 1};
                             },
                             {"error DiskSpace"},
                             "/var/lib/etcd/member"},
                      Defect{"NeedPastAllNumbers",
                             [](Facts&, Question& q) { q.needs["/etc"] = {.bytes = UINT64_MAX, .inodes = 1}; },
                             {"error DiskSpace"}},
                      Defect{"Inodes",
                             [](Facts& f, Question&) {
                               for (auto& [path, place] : f.places) {
                                 place.free_inodes = 20900;
                               }
                             },
                             {"error Inodes"},
                             "20900 inodes free and needs 21021"},
                      Defect{"InodesAsNeeded",
                             [](Facts& f, Question&) {
                               for (auto& [path, place] : f.places) {
                                 place.free_inodes = std::nullopt;
                               }
                             },
                             {}},
                      Defect{"Pressure",
                             [](Facts& f, Question&) {
                               for (auto& [path, place] : f.places) {
                                 place.free_bytes = k_gibibyte * 18;
                               }
                             },
                             {"warning DiskPressure"},
                             "less than 15 %"},
                      Defect{"ReadOnly",
                             [](Facts& f, Question&) { f.places["/usr/local/bin"].read_only = true; },
                             {"error ReadOnly"},
                             "/usr/local/bin is on /"},
                      Defect{"NoExec",
                             [](Facts& f, Question&) { f.places["/opt/cni/bin"].no_exec = true; },
                             {"error NoExec"},
                             "remount,exec /"},
                      Defect{"NoExecForVolumes",
                             [](Facts& f, Question&) { f.places["/var/lib/kubelet"].no_exec = true; },
                             {"warning NoExec"}},
                      Defect{"NoExecElsewhere", [](Facts& f, Question&) { f.places["/etc"].no_exec = true; }, {}}),
    [](const auto& test) { return test.param.name; });

std::function<void(Facts&, Question&)> listening(std::uint16_t port) {
  return [port](Facts& facts, Question&) {
    facts.network.listeners.push_back({address("127.0.0.1"), port, "haproxy (pid 812)"});
    facts.network.listeners.push_back({address("::1"), port, "haproxy (pid 812)"});
  };
}
std::function<void(Facts&, Question&)> resolver(Resolver resolver) {
  return [resolver = std::move(resolver)](Facts& facts, Question&) { facts.resolver = resolver; };
}
void no_default_route(Facts& facts, Question&) { facts.network.routes.erase(facts.network.routes.begin()); }

INSTANTIATE_TEST_SUITE_P(
    Network, Checks,
    ::testing::Values(
        Defect{"ApiPort", listening(6443), {"error Port-6443"}, "in use by haproxy (pid 812)"},
        Defect{"OtherApiPort", both(listening(6443), [](Facts&, Question& q) { q.api_port = 8443; }), {}},
        Defect{"EtcdPort", listening(2380), {"error Port-2380"}, "etcd"},
        Defect{"SchedulerPort", listening(10259), {"error Port-10259"}},
        Defect{"ControllerPort", listening(10257), {"error Port-10257"}},
        Defect{"KubeletPortOfWorker", both(listening(10250), use_worker), {"error Port-10250"}},
        Defect{"EtcdPortOfWorker", both(listening(2379), use_worker), {}},
        Defect{"OurPort", both(listening(6443), [](Facts&, Question& q) { q.our_ports = {6443}; }), {}},
        Defect{"RegistryPort", both(listening(5000), [](Facts&, Question& q) { q.registry_port = 5000; }),
               {"error Port-5000"}, "registry"},
        Defect{"NoDefaultRoute", no_default_route, {"error DefaultRoute", "warning ServiceRoute"},
               "--apiserver-advertise-address 192.0.2.10"},
        Defect{"NoDefaultRouteButAddress",
               both(no_default_route, [](Facts&, Question& q) { q.advertise = address("192.0.2.10"); }),
               {"warning ServiceRoute"}, "ip route add 10.96.0.0/12 dev eth0"},
        Defect{"NoDefaultRouteForWorker",
               [](Facts& f, Question& q) {
                 no_default_route(f, q);
                 f.identity.in_hosts_file = {address("127.0.1.1")};
                 q.role = Role::worker;
                 q.services.clear();
               },
               {"error DefaultRoute"}, "/etc/hosts"},
        Defect{"NamedWorker",
               [](Facts& f, Question& q) {
                 no_default_route(f, q);
                 q.role = Role::worker;
                 q.services.clear();
               },
               {}},
        Defect{"ForeignAddress", [](Facts&, Question& q) { q.advertise = address("192.0.2.11"); },
               {"error AdvertiseAddress"}, "192.0.2.10, fd00:1::10"},
        Defect{"Loopback", [](Facts&, Question& q) { q.advertise = address("127.0.0.1"); },
               {"error AdvertiseAddress"}},
        Defect{"RouteToServices",
               [](Facts& f, Question& q) {
                 no_default_route(f, q);
                 // As the warning's fix makes it.
                 f.network.routes.push_back({cidr("10.96.0.0/12"), "eth0", std::nullopt});
                 q.advertise = address("192.0.2.10");
               },
               {}},
        Defect{"NoResolvConf", resolver({.exists = false, .nameservers = {}, .upstream = std::nullopt}),
               {"error Nameserver"}, "there is no /etc/resolv.conf"},
        Defect{"NoNameserver", resolver({.exists = true, .nameservers = {}, .upstream = std::nullopt}),
               {"error Nameserver"}, "names no nameserver"},
        Defect{"StubWithUpstream",
               resolver({.exists = true,
                         .nameservers = {address("127.0.0.53")},
                         .upstream = std::vector{address("192.0.2.53")}}),
               {"info Nameserver"}, "/run/systemd/resolve/resolv.conf"},
        Defect{"StubWithoutUpstream",
               resolver({.exists = true, .nameservers = {address("127.0.0.53")}, .upstream = std::vector<host::Address>()}),
               {"error Nameserver"}, "resolved.conf"},
        Defect{"OwnServerOnly",
               resolver({.exists = true, .nameservers = {address("127.0.0.1"), address("::1")}, .upstream = std::nullopt}),
               {"error Nameserver"}, "the loop"},
        Defect{"OwnServerAndAnother",
               resolver({.exists = true,
                         .nameservers = {address("127.0.0.1"), address("192.0.2.53")},
                         .upstream = std::nullopt}),
               {}}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace kubeferry::preflight

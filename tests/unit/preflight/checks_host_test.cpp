// SPDX-License-Identifier: Apache-2.0
#include "defect.hpp"
#include "fixture.hpp"

namespace kubeferry::preflight {
namespace {

using namespace testing_support;

class HostChecks : public ::testing::TestWithParam<Defect> {};
TEST_P(HostChecks, FindsExactlyIt) { expect_exactly(GetParam()); }

TEST(Good, FindsNothing) {
  for (const Role role : {Role::init, Role::control_plane, Role::worker}) {
    Question question = good_question();
    question.role = role;
    EXPECT_EQ(names(check(good_facts(), question)), std::vector<std::string>());
  }
}

TEST(Good, NeedsNoBundle) { EXPECT_EQ(names(check(good_facts(), Question())), std::vector<std::string>()); }

Spoil kubernetes(const char* version) {
  return [version](Facts&, Question& question) { question.bundle->kubernetes = version; };
}
Spoil without(const char* program) {
  return [program](Facts& facts, Question&) { facts.software.programs.erase(program); };
}
Spoil network(std::vector<std::string> modules) {
  return [modules](Facts&, Question& question) {
    question.network = NetworkNeeds{.name = "flannel", .modules = modules, .sysctls = {}};
  };
}
Spoil created(const char* time) {
  return [time](Facts&, Question& question) { question.bundle->created = *parse_rfc3339(time); };
}

INSTANTIATE_TEST_SUITE_P(
    Host, HostChecks,
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
    Kernel, HostChecks,
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
        Defect{"NetworkHasWhatItNeeds", network({"br_netfilter", "vxlan", "not_looked_for"}), {}},
        Defect{"NetworkLacksAModule", network({"vxlan", "ip_set"}), {"error NetworkModules"}, "has no module ip_set"},
        Defect{"OwnNetworkMayDoWithout",
               both(network({"vxlan", "ip_set"}), [](Facts&, Question& q) { q.network->own_manifest = true; }),
               {"warning NetworkModules"},
               "flannel needs it, unless"},
        Defect{"NetworkLacksWhatAllNeed",
               both(network({"br_netfilter"}),
                    [](Facts& f, Question&) { f.kernel.modules["br_netfilter"] = Module::missing; }),
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

}  // namespace
}  // namespace kubeferry::preflight

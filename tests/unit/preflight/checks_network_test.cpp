// SPDX-License-Identifier: Apache-2.0
#include "defect.hpp"
#include "fixture.hpp"

namespace kubeferry::preflight {
namespace {

using namespace testing_support;

class PlaceChecks : public ::testing::TestWithParam<Defect> {};
TEST_P(PlaceChecks, FindsExactlyIt) { expect_exactly(GetParam()); }

constexpr std::uint64_t k_gibibyte = std::uint64_t{1} << 30;

INSTANTIATE_TEST_SUITE_P(
    Storage, PlaceChecks,
    ::testing::Values(
        Defect{"OneMountForAll",
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
               [](Facts&, Question& q) { q.needs["/var/lib/etcd/member"] = {.bytes = k_gibibyte * 79, .inodes = 1}; },
               {"error DiskSpace"},
               "/var/lib/etcd/member"},
        Defect{"OneReportForAMount",
               [](Facts& f, Question&) {
                 for (auto& [path, place] : f.places) {
                   place.read_only = place.no_exec = true;
                 }
               },
               {"error ReadOnly", "error NoExec"},
               "/etc, /opt, /opt/cni/bin, /usr/local, /usr/local/bin, /var/lib/containerd"},
        Defect{"WhereRuncGoes",
               [](Facts&, Question& q) { q.needs["/usr/local/sbin"] = {.bytes = k_gibibyte * 79, .inodes = 1}; },
               {"error DiskSpace"},
               "/usr/local/sbin"},
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
               "/ is mounted read-only, and has /usr/local/bin"},
        Defect{"NoExec",
               [](Facts& f, Question&) { f.places["/opt/cni/bin"].no_exec = true; },
               {"error NoExec"},
               "remount,exec /"},
        Defect{"NoExecForVolumes",
               [](Facts& f, Question&) { f.places["/var/lib/kubelet"].no_exec = true; },
               {"warning NoExec"}},
        Defect{"NoExecElsewhere", [](Facts& f, Question&) { f.places["/etc"].no_exec = true; }, {}}),
    [](const auto& test) { return test.param.name; });

Spoil listening(std::uint16_t port) {
  return [port](Facts& facts, Question&) {
    facts.network.listeners.push_back({address("127.0.0.1"), port, "haproxy (pid 812)"});
    facts.network.listeners.push_back({address("::1"), port, "haproxy (pid 812)"});
  };
}
Spoil resolver(Resolver resolver) {
  return [resolver = std::move(resolver)](Facts& facts, Question&) { facts.resolver = resolver; };
}
void no_default_route(Facts& facts, Question&) { facts.network.routes.erase(facts.network.routes.begin()); }

INSTANTIATE_TEST_SUITE_P(
    Network, PlaceChecks,
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

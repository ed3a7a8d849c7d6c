// SPDX-License-Identifier: Apache-2.0
#include "fixture.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <fstream>

namespace kubeferry::preflight::testing_support {

namespace fs = std::filesystem;

host::Address address(std::string_view text) { return host::Address::parse(text).value(); }
host::Cidr cidr(std::string_view text) { return host::Cidr::parse(text).value(); }

namespace {

Kernel good_kernel() {
  Kernel kernel;
  kernel.release = "6.1.0-28-amd64";
  kernel.machine = "x86_64";
  kernel.platform = "linux/amd64";
  kernel.has_configuration = true;
  for (const char* const name : {"NAMESPACES", "NET_NS", "PID_NS", "IPC_NS", "UTS_NS", "CPUSETS", "MEMCG", "INET",
                                 "PROC_FS", "CGROUPS", "CGROUP_SCHED", "IP_NF_TARGET_REDIRECT"}) {
    kernel.configuration[std::string("CONFIG_") + name] = 'y';
  }
  kernel.configuration["CONFIG_EXT4_FS"] = 'm';
  kernel.configuration["CONFIG_NETFILTER_XT_MATCH_COMMENT"] = 'm';
  kernel.modules = {{"overlay", Module::loaded},
                    {"br_netfilter", Module::on_disk},
                    {"nf_conntrack", Module::on_disk},
                    {"vxlan", Module::on_disk},
                    {"ip_set", Module::missing}};
  kernel.sysctls = {{"net.ipv4.ip_forward", "1"},
                    {"net.ipv6.conf.default.forwarding", "0"},
                    {"fs.inotify.max_user_instances", "128"},
                    {"fs.inotify.max_user_watches", "65536"}};
  kernel.sysctls_writable = true;
  return kernel;
}

Network good_network() {
  Network network;
  network.addresses = {{"eth0", address("192.0.2.10")}, {"eth0", address("fd00:1::10")}};
  network.routes = {{.destination = cidr("0.0.0.0/0"), .interface = "eth0", .gateway = address("192.0.2.1")},
                    {.destination = cidr("192.0.2.0/24"), .interface = "eth0", .gateway = std::nullopt},
                    {.destination = cidr("fd00:1::/64"), .interface = "eth0", .gateway = std::nullopt}};
  network.listeners = {{.address = address("0.0.0.0"), .port = 22, .program = "sshd (pid 1)"}};
  return network;
}

Software good_software() {
  Software software;
  for (const auto name : k_programs) {
    if (name != "kubelet" && name != "kubeadm" && name != "crio" && name != "dockerd" && name != "conntrack") {
      software.programs[std::string(name)] = fmt::format("/usr/bin/{}", name);
    }
  }
  software.systemd = true;
  software.containerd = "1.7.28";
  return software;
}

}  // namespace

Facts good_facts() {
  Facts facts;
  facts.now = *parse_rfc3339("2026-11-22T00:00:00Z");
  facts.clock_synchronised = true;
  facts.root = true;
  facts.processors = 2;
  facts.memory = std::uint64_t{2} << 30;
  facts.kernel = good_kernel();
  facts.cgroups = {.version = 2, .controllers = {"cpu", "cpuset", "devices", "freezer", "io", "memory", "pids"}};
  facts.network = good_network();
  facts.resolver = {.exists = true, .nameservers = {address("192.0.2.53")}, .upstream = std::nullopt};
  for (const auto path : k_places) {
    facts.places.emplace(path, Place{.mount_point = "/",
                                     .device = "8:1",
                                     .total_bytes = std::uint64_t{100} << 30,
                                     .free_bytes = std::uint64_t{80} << 30,
                                     .free_inodes = 1000000});
  }
  facts.identity = {.hostname = "Node-1",
                    .in_hosts_file = {address("192.0.2.10")},
                    .resolves = true,
                    .machine_id = "3d1219c7c4c5404aaa1f6d2a48adfda4",
                    .product_uuid = "8f0e4a3e-59ee-4c5a-8ccd-3dd4f1a2b3c4",
                    .os_id = "debian",
                    .os_like = {}};
  facts.software = good_software();
  return facts;
}

Question good_question() {
  Question question;
  question.bundle = BundleFacts{.kubernetes = "v1.34.2",
                                .created = *parse_rfc3339("2026-11-21T00:00:00Z"),
                                .platforms = {"linux/amd64", "linux/arm64"},
                                .files = {"/usr/local/bin/kubelet", "/usr/local/bin/kubeadm"},
                                .containerd = {},
                                .runc = {}};
  question.needs = {{"/var/lib/containerd", {.bytes = std::uint64_t{4} << 30, .inodes = 20000}},
                    {"/usr/local/bin", {.bytes = std::uint64_t{1} << 28, .inodes = 20}}};
  question.pods = {cidr("10.244.0.0/16")};
  question.services = {cidr("10.96.0.0/12")};
  return question;
}

std::vector<std::string> names(const std::vector<Finding>& findings) {
  std::vector<std::string> all;
  for (const auto& finding : findings) {
    all.push_back(fmt::format("{} {}", to_string(finding.severity), finding.name));
  }
  return all;
}

Result<ProcessOutput> FakeRunner::run(const Command& command) {
  const auto answer = answers.find(fmt::format("{}", fmt::join(command.argv, " ")));
  if (answer == answers.end()) {
    return fail(ExitCode::io, "{}: no such program", command.argv.front());
  }
  return ProcessOutput{.exit_status = 0, .out = answer->second, .err = {}};
}

Tree::Tree() {
  std::string name = ::testing::TempDir() + "kf-host-XXXXXX";
  root_ = fs::canonical(::mkdtemp(name.data()));
}
Tree::~Tree() { fs::remove_all(root_); }

void Tree::write(const std::string& path, std::string_view text) {
  const fs::path place = root_ / path.substr(1);
  fs::create_directories(place.parent_path());
  std::ofstream(place, std::ios::binary) << text;
}

void Tree::program(const std::string& path) {
  write(path, "#!/bin/sh\n");
  fs::permissions(root_ / path.substr(1), fs::perms::owner_all);
}

void Tree::link(const std::string& path, const std::string& target) {
  const fs::path place = root_ / path.substr(1);
  fs::create_directories(place.parent_path());
  fs::create_symlink(target, place);
}

std::string native_hex(std::string_view text) {
  const auto parsed = address(text);
  std::string out;
  for (std::size_t at = 0; at < parsed.bytes().size(); at += 4) {
    std::uint32_t word = 0;
    std::memcpy(&word, parsed.bytes().data() + at, 4);
    out += fmt::format("{:08X}", word);
  }
  return out;
}

}  // namespace kubeferry::preflight::testing_support

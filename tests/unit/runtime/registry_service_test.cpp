// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/runtime/registry_service.hpp>

#include <charconv>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <kubeferry/base/text.hpp>
#include <kubeferry/crypto/x509.hpp>

#include "sample_host.hpp"

namespace kubeferry::runtime {
namespace {

using testing::HasSubstr;
using testing::Not;

RegistryService service() {
  return {.bundles = {"/var/lib/kubeferry/bundles/site.tar.zst"},
          .trust = "/var/lib/kubeferry/trust.pub",
          .accepted = {crypto::Digest::of(as_byte_view("manifest"))},
          .address = "10.0.0.1",
          .names = {"10.0.0.1", "node1"},
          .clients = {"10.0.0.0/8"}};
}

TimePoint now() { return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()); }

RegistryIdentity made(const host::Host& host, const std::vector<std::string>& names, TimePoint when = now()) {
  auto identity = registry_identity(host, "/var/lib/kubeferry/registry", names, when);
  EXPECT_TRUE(identity) << identity.error().message;
  return std::move(identity.value());
}

void write(const SampleHost& sample, const RegistryIdentity& identity) {
  const std::string directory = "/var/lib/kubeferry/registry/";
  sample.file(directory + "kubeferry-ca.crt", identity.authority);
  sample.file(directory + "kubeferry-ca.key", std::string(identity.authority_key.view()), 0600);
  sample.file(directory + "server.crt", identity.certificate);
  sample.file(directory + "server.key", std::string(identity.key.view()), 0600);
}

/// What systemd-analyze of this machine says: "Overall exposure level for x.service: 1.2 OK".
double exposure(const std::string& text) {
  const SampleHost files;
  files.file("/kubeferry-registry.service", text);
  const auto output = host::Host::local().output_of(
      {"systemd-analyze", "security", "--offline=true", "--no-pager", files.host.at("/kubeferry-registry.service")});
  EXPECT_TRUE(output) << output.error().message;
  const std::string_view line = *output;
  const auto at = line.rfind("service: ");
  const std::string number(line.substr(at + 9, line.find(' ', at + 9) - at - 9));
  return std::strtod(number.c_str(), nullptr);
}

TEST(RegistryUnit, RunsAsAUserOfItsOwn) {
  const std::string unit = registry_unit(service(), {.systemd = 252});
  EXPECT_THAT(unit,
              HasSubstr("ExecStart=\"/usr/local/bin/kubeferry\" serve \"/var/lib/kubeferry/bundles/site.tar.zst\" "
                        "--trust \"/var/lib/kubeferry/trust.pub\" --allow-expired sha256:"));
  EXPECT_THAT(unit, HasSubstr(" --listen \"10.0.0.1:5000\" --name \"10.0.0.1\" --name \"node1\" "
                              "--tls-cert ${CREDENTIALS_DIRECTORY}/server.crt "
                              "--tls-key ${CREDENTIALS_DIRECTORY}/server.key\n"));
  EXPECT_THAT(unit, HasSubstr("DynamicUser=yes\n"));
  EXPECT_THAT(unit, HasSubstr("\nTemporaryFileSystem=/var/lib/kubeferry:ro\n"
                              "BindReadOnlyPaths=/var/lib/kubeferry/bundles/site.tar.zst\n"
                              "BindReadOnlyPaths=/var/lib/kubeferry/trust.pub\n"));
  EXPECT_THAT(unit, HasSubstr("IPAddressDeny=any\nIPAddressAllow=localhost 10.0.0.0/8\n"));
  EXPECT_THAT(unit, Not(HasSubstr("kubeferry-ca")));
}

TEST(RegistryUnit, RunsAsRootWithoutRightsWhereSystemdIsOld) {
  const std::string unit = registry_unit(service(), {.systemd = 245, .user_namespaces = false});
  EXPECT_THAT(unit, HasSubstr("--tls-key /var/lib/kubeferry/registry/server.key\n"));
  EXPECT_THAT(unit, HasSubstr("BindReadOnlyPaths=/var/lib/kubeferry/registry/server.key\n"));
  EXPECT_THAT(unit, HasSubstr("\nCapabilityBoundingSet=\n"));
  EXPECT_THAT(unit, Not(HasSubstr("DynamicUser")));
  EXPECT_THAT(unit, Not(HasSubstr("PrivateUsers")));
  EXPECT_THAT(unit, Not(HasSubstr("kubeferry-ca")));
}

TEST(RegistryUnit, SaysNothingThatSystemdWouldExpand) {
  RegistryService odd = service();
  odd.bundles = {"/srv/100% of $HOME \"x\".tar.zst"};
  odd.address = "2001:db8::1";
  const std::string unit = registry_unit(odd, {.systemd = 252});
  EXPECT_THAT(unit, HasSubstr("\"/srv/100%% of $$HOME \\\"x\\\".tar.zst\""));
  EXPECT_THAT(unit, HasSubstr("--listen \"[2001:db8::1]:5000\""));
}

TEST(RegistryUnit, IsLockedUp) {
  RegistryService open_to_all = service();
  open_to_all.clients.clear();
  EXPECT_LE(exposure(registry_unit(open_to_all, {.systemd = 252})), 1.5);
  EXPECT_LE(exposure(registry_unit(open_to_all, {.systemd = 245})), 1.5);
  EXPECT_GT(exposure("[Service]\nExecStart=/bin/true\n"), 9.0);
}

TEST(RegistryUnit, KnowsTheHostsSystemd) {
  const SampleHost sample;
  EXPECT_EQ(service_manager(sample.host).systemd, 0);
  EXPECT_FALSE(service_manager(sample.host).user_namespaces);
  sample.program("/usr/bin/systemctl");
  sample.runner->answers["/usr/bin/systemctl --version"] = {.out = "systemd 252 (252.38-1~deb12u1)\n+PAM\n"};
  sample.file("/proc/sys/user/max_user_namespaces", "96018\n");
  EXPECT_EQ(service_manager(sample.host).systemd, 252);
  EXPECT_TRUE(service_manager(sample.host).user_namespaces);
}

TEST(RegistryIdentity, IsMadeForNamesAndAddresses) {
  const SampleHost sample;
  const RegistryIdentity identity = made(sample.host, {"10.0.0.1", "2001:db8::1", "node1.site"});
  const auto server = crypto::read_certificate(identity.certificate, "server");
  ASSERT_TRUE(server) << server.error().message;
  EXPECT_THAT(server->dns_names, testing::ElementsAre("node1.site"));
  EXPECT_EQ(server->ip_addresses.size(), 2U);
  EXPECT_GT(server->not_after, now() + std::chrono::hours(24 * 3600));
  EXPECT_TRUE(crypto::read_certificate(identity.authority, "ca")->is_authority);
  EXPECT_TRUE(identity.certificate.ends_with(identity.authority));
  EXPECT_FALSE(sample.host.exists("/var/lib/kubeferry"));
}

TEST(RegistryIdentity, IsKeptWhileItFits) {
  const SampleHost sample;
  const RegistryIdentity first = made(sample.host, {"10.0.0.1", "node1"});
  write(sample, first);
  const RegistryIdentity second = made(sample.host, {"node1"});
  EXPECT_EQ(second.certificate, first.certificate);
  EXPECT_EQ(second.key.view(), first.key.view());
  EXPECT_EQ(second.authority_key.view(), first.authority_key.view());
}

TEST(RegistryIdentity, KeepsItsAuthorityForANewName) {
  const SampleHost sample;
  const RegistryIdentity first = made(sample.host, {"node1"});
  write(sample, first);
  const RegistryIdentity second = made(sample.host, {"node1", "node1.site"});
  EXPECT_EQ(second.authority, first.authority);
  EXPECT_NE(second.certificate, first.certificate);
}

TEST(RegistryIdentity, IsMadeAnewWhenItIsNoneOrAtItsEnd) {
  const SampleHost sample;
  const RegistryIdentity first = made(sample.host, {"node1"});
  write(sample, first);
  EXPECT_NE(made(sample.host, {"node1"}, now() + std::chrono::hours(24 * 3600)).authority, first.authority);
  // Half a pair, as a kill between two files leaves it.
  sample.file("/var/lib/kubeferry/registry/server.key", std::string(first.authority_key.view()), 0600);
  const RegistryIdentity repaired = made(sample.host, {"node1"});
  EXPECT_EQ(repaired.authority, first.authority);
  EXPECT_NE(repaired.certificate, first.certificate);
  sample.file("/var/lib/kubeferry/registry/kubeferry-ca.crt", "nonsense");
  EXPECT_NE(made(sample.host, {"node1"}).authority, first.authority);
}

TEST(RegistryIdentity, NeedsNames) {
  const SampleHost sample;
  const auto none = registry_identity(sample.host, "/x", std::vector<std::string>{}, now());
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ExitCode::usage);
}

TEST(RegistryHosts, NameEveryServingNode) {
  const std::vector<std::string> registries = {"registry.k8s.io"};
  const std::vector<RegistryPlace> places = {service().place(), {.host = "10.0.0.2:5000"}};
  const auto files = registry_hosts("/etc/containerd/certs.d", registries, places, "PEM", OtherRegistries::asked_here);
  ASSERT_EQ(files.size(), 4U);
  EXPECT_EQ(files[0].path, "/etc/containerd/certs.d/registry.k8s.io/hosts.toml");
  EXPECT_THAT(files[0].text, HasSubstr("server = \"https://10.0.0.2:5000\""));
  EXPECT_THAT(files[0].text, HasSubstr("[host.\"https://10.0.0.1:5000\"]"));
  EXPECT_EQ(files[2].path, "/etc/containerd/certs.d/registry.k8s.io/ca.crt");
  EXPECT_EQ(registry_hosts("/c", registries, places, "PEM", OtherRegistries::left_alone).size(), 2U);
}

TEST(RegistryService, HidesItsKeys) {
  const SampleHost sample;
  sample.program("/usr/bin/systemctl");
  sample.runner->answers["/usr/bin/systemctl is-active kubeferry-registry.service"] = {.exit_status = 3,
                                                                                       .out = "inactive"};
  const RegistryIdentity identity = made(sample.host, {"node1"});
  const steps::Plan plan = registry_service(service(), {.systemd = 252}, identity);
  ASSERT_EQ(plan.size(), 8U);
  for (const auto& step : plan) {
    const auto preview = step->preview(sample.host);
    ASSERT_TRUE(preview) << preview.error().message;
    EXPECT_THAT(preview->diff, Not(HasSubstr("PRIVATE KEY"))) << step->target();
  }
}

}  // namespace
}  // namespace kubeferry::runtime

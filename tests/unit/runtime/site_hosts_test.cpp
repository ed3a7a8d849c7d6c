// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/runtime/site_hosts.hpp>

#include <array>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <kubeferry/host/host.hpp>
#include <kubeferry/steps/run.hpp>

namespace kubeferry::runtime {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::array<std::string, 1> k_upstreams = {"registry.k8s.io"};

std::string shown(const steps::Plan& plan) {
  const auto text = steps::plan_text(host::Host::local(), plan);
  EXPECT_TRUE(text);
  return text ? *text : std::string();
}

TEST(SiteHosts, TheUpstreamsItselfAndAllOthers) {
  const SiteHosts site{.place = {.host = "harbor.corp:8443", .prefix = "k8s"}, .ca_pem = "PEM\n"};
  const std::string text = shown(site_hosts("/nowhere/certs.d", k_upstreams, site, OtherRegistries::asked_here));
  EXPECT_THAT(text, HasSubstr("/nowhere/certs.d/registry.k8s.io/hosts.toml"));
  EXPECT_THAT(text, HasSubstr("/nowhere/certs.d/registry.k8s.io/ca.crt"));
  EXPECT_THAT(text, HasSubstr("/nowhere/certs.d/_default/hosts.toml"));
  EXPECT_THAT(text, HasSubstr("/nowhere/certs.d/harbor.corp:8443/hosts.toml"));
  EXPECT_THAT(text, HasSubstr("[host.\"https://harbor.corp:8443/v2/k8s\"]"));
  EXPECT_THAT(text, HasSubstr("[host.\"https://harbor.corp:8443\"]"));
}

TEST(SiteHosts, OthersAreLeftAloneWhereSomebodyElseWasFirst) {
  const SiteHosts site{.place = {.host = "harbor.corp"}};
  EXPECT_THAT(shown(site_hosts("/nowhere", k_upstreams, site, OtherRegistries::left_alone)),
              Not(HasSubstr("_default")));
}

TEST(SiteHosts, CredentialsAreShownNowhere) {
  const SiteHosts site{.place = {.host = "harbor.corp"}, .authorization = crypto::SecretText("Basic c2VjcmV0")};
  const std::string text = shown(site_hosts("/nowhere", k_upstreams, site, OtherRegistries::asked_here));
  EXPECT_THAT(text, Not(HasSubstr("c2VjcmV0")));
  EXPECT_THAT(text, HasSubstr("0600"));
}

TEST(SiteHosts, CrioIsRedirectedWithoutANameInBetween) {
  const auto files = crio_site_files({.sandbox_image = "harbor.corp/k8s/pause:3.10"}, k_upstreams,
                                     {.host = "harbor.corp", .prefix = "k8s"}, "PEM\n");
  ASSERT_EQ(files.size(), 3U);
  EXPECT_THAT(files[0].text, HasSubstr("pause_image = \"harbor.corp/k8s/pause:3.10\""));
  EXPECT_THAT(files[1].text, HasSubstr("prefix = \"registry.k8s.io\"\nlocation = \"harbor.corp/k8s\""));
  EXPECT_EQ(files[2].path, "/etc/containers/certs.d/harbor.corp/ca.crt");
}

}  // namespace
}  // namespace kubeferry::runtime

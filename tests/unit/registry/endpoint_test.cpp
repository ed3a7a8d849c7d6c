// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/registry/endpoint.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kubeferry::registry {
namespace {

TEST(Endpoint, OfWhatIsNotListed) {
  EXPECT_EQ(endpoint_of({}, "registry.k8s.io").value().base_url, "https://registry.k8s.io:443");
  const auto hub = endpoint_of({}, "docker.io").value();
  EXPECT_EQ(hub.base_url, "https://registry-1.docker.io:443");
  EXPECT_THAT(hub.trusted_hosts, ::testing::ElementsAre("auth.docker.io"));
}

TEST(Endpoint, OfWhatIsListed) {
  Upstreams upstreams;
  upstreams["docker.io"] = {.base_url = "https://127.0.0.1:5001/", .path_prefix = "hub"};
  upstreams["harbor:8080"] = {.plain_http = true};
  const auto hub = endpoint_of(upstreams, "docker.io").value();
  EXPECT_EQ(hub.base_url, "https://127.0.0.1:5001");
  EXPECT_TRUE(hub.trusted_hosts.empty()) << "a mirror of docker.io does not send our password to docker.io";
  EXPECT_EQ(endpoint_of(upstreams, "harbor:8080").value().base_url, "http://harbor:8080");
}

TEST(Endpoint, RefusesWhatCannotBe) {
  for (const Endpoint& endpoint :
       {Endpoint{.base_url = "https://h/path"}, Endpoint{.base_url = "http://h"}, Endpoint{.base_url = "ftp://h"},
        Endpoint{.base_url = "https://u:p@h"}, Endpoint{.base_url = "https://h", .path_prefix = "../x"}}) {
    const auto result = endpoint_of({{"r.example", endpoint}}, "r.example");
    ASSERT_FALSE(result) << endpoint.base_url;
    EXPECT_EQ(result.error().code, ExitCode::usage);
  }
}

}  // namespace
}  // namespace kubeferry::registry

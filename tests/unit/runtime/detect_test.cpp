// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/runtime/detect.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <kubeferry/runtime/runtime_steps.hpp>

#include "sample_host.hpp"

namespace kubeferry::runtime {
namespace {

using testing::HasSubstr;

/// Debian 12 with its containerd, configured and running.
void put_debian(const SampleHost& sample) {
  for (const auto* path : {"/usr/bin/containerd", "/usr/sbin/runc", "/usr/bin/dpkg-query", "/usr/bin/systemctl"}) {
    sample.program(path);
  }
  sample.file("/lib/systemd/system/containerd.service", "[Service]\nExecStart=/usr/bin/containerd\n");
  sample.file("/etc/containerd/config.toml", "version = 2\nimports = ['conf.d/*.toml']\n");
  sample.file("/etc/containerd/conf.d/b.toml", "version = 2\n[grpc]\naddress = '/run/own.sock'\n");
  sample.file("/etc/containerd/conf.d/a.toml", "version = 2\n");
  sample.file("/etc/containerd/conf.d/a.txt", "this is no TOML");
  const ProcessOutput yes{};
  sample.runner->answers = {
      {"/usr/bin/containerd --version", {.out = "containerd github.com/containerd/containerd 1.6.20~ds1 x\n"}},
      {"/usr/sbin/runc --version", {.out = "runc version 1.1.5+ds1\n"}},
      {"/usr/bin/dpkg-query --search /usr/bin/containerd", yes},
      {"/usr/bin/dpkg-query --search /lib/systemd/system/containerd.service", yes},
      {"/usr/bin/systemctl is-active --quiet containerd.service", yes}};
}

TEST(Detect, FindsNothingOnABareHost) {
  const SampleHost sample;
  const auto found = detect(sample.host, nullptr);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_FALSE(found->containerd || found->crio || found->runc || found->crictl || found->ctr);
}

TEST(Detect, ReadsAConfigurationThatIsThereBeforeContainerd) {
  const SampleHost sample;
  sample.file("/etc/containerd/config.toml", "version = 2\n[debug]\n  level = 'warn'\n");
  const auto found = detect(sample.host, nullptr);
  ASSERT_TRUE(found) << found.error().message;
  ASSERT_EQ(found->containerd_configuration.size(), 1U);
  const auto steps = containerd_steps({.program = "/usr/local/bin/containerd",
                                       .version = {1, 7, 28},
                                       .found = {},
                                       .configuration = found->containerd_configuration,
                                       .wants = {.sandbox_image = "registry.k8s.io/pause:3.10"}});
  ASSERT_TRUE(steps) << steps.error().message;
  bool applied = false;
  for (const auto& step : steps->plan) {
    if (step->target() == "/etc/containerd/config.toml") {
      applied = step->apply(sample.host).has_value();
      break;
    }
  }
  ASSERT_TRUE(applied);
  const std::string text = sample.host.text("/etc/containerd/config.toml").value_or("");
  EXPECT_THAT(text, HasSubstr("level = 'warn'"));
  EXPECT_THAT(text, HasSubstr("registry.k8s.io/pause:3.10"));
}

TEST(Detect, FindsADistributionsContainerd) {
  const SampleHost sample;
  put_debian(sample);
  const auto found = detect(sample.host, nullptr);
  ASSERT_TRUE(found) << found.error().message;
  ASSERT_TRUE(found->containerd);
  EXPECT_EQ(found->containerd->program.path, "/usr/bin/containerd");
  EXPECT_EQ(found->containerd->program.version, (Version{1, 6, 20}));
  EXPECT_EQ(found->containerd->program.origin, Origin::distribution);
  ASSERT_TRUE(found->containerd->unit);
  EXPECT_EQ(found->containerd->unit->origin, Origin::distribution);
  EXPECT_TRUE(found->containerd->unit->active);
  EXPECT_FALSE(found->containerd->unit->enabled);
  EXPECT_EQ(found->containerd->socket, "/run/own.sock");
  std::vector<std::string> paths;
  for (const ConfigurationFile& file : found->containerd->configuration) {
    paths.push_back(file.path);
  }
  EXPECT_THAT(paths, testing::ElementsAre("/etc/containerd/config.toml", "/etc/containerd/conf.d/a.toml",
                                          "/etc/containerd/conf.d/b.toml"));
  ASSERT_TRUE(found->runc);
  EXPECT_EQ(found->runc->origin, Origin::other);
}

TEST(Detect, FollowsTheUnitToItsConfiguration) {
  const SampleHost sample;
  put_debian(sample);
  sample.file("/etc/systemd/system/containerd.service.d/x.conf",
              "[Service]\nExecStart=\nExecStart=/usr/bin/containerd --config=/srv/c.toml --log-level info\n");
  sample.file("/srv/c.toml", "version = 2\n");
  const auto found = detect(sample.host, nullptr);
  ASSERT_TRUE(found && found->containerd);
  EXPECT_EQ(found->containerd->configuration_path, "/srv/c.toml");
  EXPECT_EQ(found->containerd->socket, k_containerd_socket);
}

TEST(Detect, RefusesAConfigurationThatIsNone) {
  const SampleHost sample;
  put_debian(sample);
  sample.file("/etc/containerd/conf.d/a.toml", "version = 2\n[broken\n");
  const auto found = detect(sample.host, nullptr);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ExitCode::format);
  EXPECT_THAT(found.error().message, HasSubstr("/etc/containerd/conf.d/a.toml:2: "));
}

TEST(Detect, SurvivesFilesThatImportEachOther) {
  const SampleHost sample;
  put_debian(sample);
  sample.file("/etc/containerd/conf.d/a.toml", "imports = ['/etc/containerd/config.toml', '/not/there.toml']\n");
  const auto found = detect(sample.host, nullptr);
  ASSERT_TRUE(found && found->containerd);
  EXPECT_EQ(found->containerd->configuration.size(), 3U);
}

TEST(Detect, ChoosesTheRuntime) {
  Detected detected;
  EXPECT_EQ(choose(detected, "", std::nullopt).error().code, ExitCode::unsupported_host);
  EXPECT_TRUE(is_about_no_runtime(choose(detected, "", std::nullopt).error()));
  const auto bundled = choose(detected, "unix:///run/containerd/containerd.sock", Version{2, 1, 0});
  ASSERT_TRUE(bundled) << bundled.error().message;
  EXPECT_FALSE(bundled->installed);
  EXPECT_EQ(bundled->socket, k_containerd_socket);
  detected.containerd = Containerd{.program = {.path = "/usr/bin/containerd", .version = Version{1, 7, 0}},
                                   .socket = std::string(k_containerd_socket)};
  EXPECT_EQ(choose(detected, "", Version{2, 1, 0})->version, (Version{1, 7, 0}));
  detected.crio =
      Crio{.program = {.path = "/usr/bin/crio", .version = Version{1, 30, 0}}, .socket = std::string(k_crio_socket)};
  const auto both = choose(detected, "", std::nullopt);
  ASSERT_FALSE(both);
  EXPECT_EQ(both.error().code, ExitCode::usage);
  EXPECT_THAT(both.error().hint, HasSubstr("--cri-socket unix:///run/crio/crio.sock"));
  EXPECT_EQ(choose(detected, "unix:///run/crio/crio.sock", std::nullopt)->kind, Kind::crio);
  EXPECT_EQ(choose(detected, "/run/containerd/containerd.sock", std::nullopt)->kind, Kind::containerd);
  EXPECT_EQ(choose(detected, "unix:///run/dockershim.sock", std::nullopt).error().code, ExitCode::usage);
  detected.crio.reset();
  detected.containerd->program.version = Version{1, 5, 18};
  EXPECT_EQ(choose(detected, "", Version{2, 1, 0}).error().code, ExitCode::unsupported_host);
}

}  // namespace
}  // namespace kubeferry::runtime

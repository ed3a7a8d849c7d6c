// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/runtime/containerd_configuration.hpp>
#include <kubeferry/runtime/toml.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kubeferry::runtime {
namespace {

using testing::HasSubstr;

constexpr Version k_1_6{1, 6, 20};
constexpr Version k_1_7{1, 7, 28};
constexpr Version k_2_0{2, 0, 5};
constexpr Version k_2_2{2, 2, 0};
constexpr Version k_2_3{2, 3, 0};
constexpr std::string_view k_path = "/etc/containerd/config.toml";

// Debian 12's package brings this.
constexpr std::string_view k_debian = R"(version = 2

[plugins]
  [plugins."io.containerd.grpc.v1.cri"]
    [plugins."io.containerd.grpc.v1.cri".cni]
      bin_dir = "/usr/lib/cni"
      conf_dir = "/etc/cni/net.d"
  [plugins."io.containerd.internal.v1.opt"]
    path = "/var/lib/containerd/opt"
)";
// Docker's package brings this.
constexpr std::string_view k_docker = R"(#   Licensed under the Apache License, Version 2.0

disabled_plugins = ["cri"]

#root = "/var/lib/containerd"
#[grpc]
#  address = "/run/containerd/containerd.sock"
)";

ContainerdWants wants() { return {.sandbox_image = "registry.k8s.io/pause:3.10"}; }

ContainerdConfiguration adapted(const Version& version, const std::vector<ConfigurationFile>& existing,
                                const ContainerdWants& wanted = wants()) {
  const auto result = containerd_configuration(version, k_path, existing, wanted);
  EXPECT_TRUE(result) << result.error().message;
  return result ? *result : ContainerdConfiguration{};
}

Error refusal(const Version& version, const std::string& text) {
  const std::vector<ConfigurationFile> existing = {{std::string(k_path), text}};
  const auto result = containerd_configuration(version, k_path, existing, wants());
  EXPECT_FALSE(result) << text;
  return result ? Error{} : result.error();
}

TEST(ContainerdConfiguration, IsWholeOnAFreshHost) {
  EXPECT_EQ(fresh_containerd_configuration(k_1_6, wants()), R"(# Written by kubeferry.
version = 2

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "registry.k8s.io/pause:3.10"

[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "/opt/cni/bin"

[plugins."io.containerd.grpc.v1.cri".registry]
  config_path = "/etc/containerd/certs.d"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
  SystemdCgroup = true
)");
  EXPECT_EQ(fresh_containerd_configuration(k_2_0, wants()), R"(# Written by kubeferry.
version = 3

[plugins."io.containerd.cri.v1.images".pinned_images]
  sandbox = "registry.k8s.io/pause:3.10"

[plugins."io.containerd.cri.v1.runtime".cni]
  bin_dir = "/opt/cni/bin"

[plugins."io.containerd.cri.v1.images".registry]
  config_path = "/etc/containerd/certs.d"

[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
  SystemdCgroup = true

[plugins."io.containerd.service.v1.diff-service"]
  sync_fs = true
)");
}

TEST(ContainerdConfiguration, FollowsTheDialects) {
  EXPECT_THAT(fresh_containerd_configuration(k_1_7, wants()), HasSubstr("image_pull_with_sync_fs = true\n"));
  const std::string second = fresh_containerd_configuration(k_2_2, wants());
  EXPECT_THAT(second, HasSubstr("version = 3\n"));
  EXPECT_THAT(second, HasSubstr("bin_dirs = [\"/opt/cni/bin\"]\n"));
  EXPECT_THAT(second, HasSubstr("config_path = \"/etc/containerd/certs.d:/etc/docker/certs.d\"\n"));
  EXPECT_THAT(fresh_containerd_configuration(k_2_3, wants()), HasSubstr("version = 4\n"));
}

TEST(ContainerdConfiguration, FollowsTheHost) {
  ContainerdWants other = wants();
  other.cgroup_driver = CgroupDriver::cgroupfs;
  other.restrict_oom_score = RestrictOomScore::yes;
  other.cni_bin_directories = {"/usr/lib/cni", "/opt/cni/bin"};
  const std::string first = fresh_containerd_configuration(k_1_6, other);
  EXPECT_THAT(first, HasSubstr("SystemdCgroup = false\n"));
  EXPECT_THAT(first, HasSubstr("restrict_oom_score_adj = true\n"));
  EXPECT_THAT(first, HasSubstr("bin_dir = \"/usr/lib/cni\"\n"));
  EXPECT_THAT(fresh_containerd_configuration(k_2_2, other),
              HasSubstr("bin_dirs = [\"/usr/lib/cni\", \"/opt/cni/bin\"]"));
}

TEST(ContainerdConfiguration, ChangesSingleValuesOfTheFirstGeneration) {
  const auto result = adapted(k_1_6, {{std::string(k_path), std::string(k_debian)}});
  ASSERT_EQ(result.files.size(), 1U);
  EXPECT_EQ(result.files[0].path, k_path);
  EXPECT_EQ(result.registry_directory, "/etc/containerd/certs.d");
  EXPECT_EQ(result.files[0].text, R"(version = 2

[plugins]
  [plugins."io.containerd.grpc.v1.cri"]
    sandbox_image = "registry.k8s.io/pause:3.10"
    [plugins."io.containerd.grpc.v1.cri".cni]
      bin_dir = "/opt/cni/bin"
      conf_dir = "/etc/cni/net.d"
  [plugins."io.containerd.internal.v1.opt"]
    path = "/var/lib/containerd/opt"

[plugins."io.containerd.grpc.v1.cri".registry]
  config_path = "/etc/containerd/certs.d"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
  SystemdCgroup = true
)");
  // A second time there is nothing left to do.
  EXPECT_TRUE(adapted(k_1_6, result.files).files.empty());
}

TEST(ContainerdConfiguration, AddsADropInToTheSecondGeneration) {
  const std::string theirs = "version = 3\n[plugins.'io.containerd.cri.v1.runtime'.cni]\nbin_dirs = ['/x']\n";
  const auto result = adapted(k_2_2, {{std::string(k_path), theirs}});
  ASSERT_EQ(result.files.size(), 2U);
  EXPECT_EQ(result.files[0].path, k_containerd_drop_in);
  EXPECT_THAT(result.files[0].text, HasSubstr("bin_dirs = [\"/opt/cni/bin\", \"/x\"]"));
  EXPECT_EQ(result.files[1].text,
            "version = 3\nimports = [\"/etc/containerd/conf.d/50-kubeferry.toml\"]\n" + theirs.substr(12));
  const auto again = adapted(k_2_2, {result.files[1], result.files[0]});
  ASSERT_EQ(again.files.size(), 1U);
  EXPECT_EQ(again.files[0].text, result.files[0].text);
}

TEST(ContainerdConfiguration, SpeaksTheVersionOfTheFileItIsAddedTo) {
  const auto result = adapted(k_2_3, {{std::string(k_path), std::string(k_debian)}});
  ASSERT_EQ(result.files.size(), 2U);
  EXPECT_THAT(result.files[0].text, HasSubstr("version = 2\n"));
  EXPECT_THAT(result.files[0].text, HasSubstr("io.containerd.grpc.v1.cri"));
  EXPECT_THAT(result.files[0].text, HasSubstr("bin_dir = \"/opt/cni/bin\""));
}

TEST(ContainerdConfiguration, LeavesImportsThatCoverTheDropIn) {
  for (const std::string imports :
       {"/etc/containerd/conf.d/*.toml", "conf.d/*.toml", "/etc/containerd/conf.d/50-kubeferry.toml"}) {
    const auto result = adapted(k_2_2, {{std::string(k_path), "version = 3\nimports = ['" + imports + "']\n"}});
    EXPECT_EQ(result.files.size(), 1U) << imports;
  }
  EXPECT_EQ(adapted(k_2_2, {{std::string(k_path), "version = 3\nimports = ['/etc/containerd/*.toml']\n"}}).files.size(),
            2U);
}

TEST(ContainerdConfiguration, SwitchesCriOn) {
  const auto first = adapted(k_1_7, {{std::string(k_path), std::string(k_docker)}});
  ASSERT_EQ(first.files.size(), 1U);
  EXPECT_THAT(first.files[0].text, HasSubstr("\ndisabled_plugins = []\nversion = 2\n\n#root"));
  EXPECT_THAT(first.files[0].text, HasSubstr("sandbox_image"));
  const auto second = adapted(k_2_2, {{std::string(k_path),
                                       "version = 3\ndisabled_plugins = ['io.containerd.cri.v1.images', "
                                       "'io.containerd.snapshotter.v1.zfs']\n"}});
  ASSERT_EQ(second.files.size(), 2U);
  EXPECT_THAT(second.files[1].text, HasSubstr("disabled_plugins = [\"io.containerd.snapshotter.v1.zfs\"]"));
}

TEST(ContainerdConfiguration, ChangesTheFileThatCounts) {
  const std::string main = "version = 2\nimports = [\"/etc/containerd/more.toml\"]\n";
  const auto result =
      adapted(k_1_7, {{std::string(k_path), main}, {"/etc/containerd/more.toml", std::string(k_debian)}});
  ASSERT_EQ(result.files.size(), 1U);
  EXPECT_EQ(result.files[0].path, "/etc/containerd/more.toml");
}

TEST(ContainerdConfiguration, ReachesEveryRuntimeThatIsRunc) {
  const std::string theirs = R"(version = 2
[plugins."io.containerd.grpc.v1.cri".containerd]
  default_runtime_name = "nvidia"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.nvidia]
  runtime_type = "io.containerd.runc.v2"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.nvidia.options]
    BinaryName = "/usr/bin/nvidia-container-runtime"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.kata]
  runtime_type = "io.containerd.kata.v2"
)";
  const auto result = adapted(k_1_7, {{std::string(k_path), theirs}});
  ASSERT_EQ(result.files.size(), 1U);
  EXPECT_THAT(result.files[0].text, HasSubstr("nvidia.options]\n    SystemdCgroup = true\n    BinaryName"));
  EXPECT_THAT(result.files[0].text, HasSubstr("runtimes.runc.options]\n  SystemdCgroup = true"));
  EXPECT_THAT(result.files[0].text, Not(HasSubstr("kata.options")));
}

TEST(ContainerdConfiguration, KeepsTheOwnersRegistryDirectory) {
  const std::string theirs =
      "version = 2\n[plugins.\"io.containerd.grpc.v1.cri\".registry]\nconfig_path = '/srv/a:/srv/b'\n";
  const auto result = adapted(k_1_7, {{std::string(k_path), theirs}});
  EXPECT_EQ(result.registry_directory, "/srv/a");
  EXPECT_THAT(result.files.at(0).text, HasSubstr("config_path = '/srv/a:/srv/b'"));
}

TEST(ContainerdConfiguration, RefusesOldRegistryTables) {
  const Error mirrors = refusal(k_1_7,
                                "version = 2\n[plugins.\"io.containerd.grpc.v1.cri\".registry.mirrors.\"docker.io\"]\n"
                                "endpoint = ['https://x']\n");
  EXPECT_EQ(mirrors.code, ExitCode::unsupported_host);
  EXPECT_THAT(mirrors.message,
              HasSubstr("/etc/containerd/config.toml: plugins.\"io.containerd.grpc.v1.cri\".registry.mirrors"));
  EXPECT_THAT(mirrors.hint, HasSubstr("hosts.toml"));
  const Error tls = refusal(k_2_2,
                            "version = 3\n[plugins.'io.containerd.cri.v1.images'.registry.configs.'a:5000'.tls]\n"
                            "insecure_skip_verify = true\n");
  EXPECT_THAT(tls.message, HasSubstr("configs.\"a:5000\".tls"));
  // Passwords may stay where they are.
  EXPECT_EQ(adapted(k_1_7, {{std::string(k_path),
                             "version = 2\n[plugins.\"io.containerd.grpc.v1.cri\".registry.configs.\"a\".auth]\n"
                             "username = 'x'\n"}})
                .files.size(),
            1U);
}

TEST(ContainerdConfiguration, RefusesWhatItCannotAdapt) {
  EXPECT_THAT(refusal(k_1_7, "[plugins.cri]\nsandbox_image = 'x'\n").message, HasSubstr("version 1"));
  EXPECT_THAT(refusal(k_1_7, "disabled_plugins = ['aufs']\n").message, HasSubstr("version 1"));
  EXPECT_THAT(refusal(k_1_7, "version = 3\n").message, HasSubstr("newer than containerd 1.7.28 knows"));
  EXPECT_THAT(refusal(k_1_7, "version = 2\nplugins = { a = 1 }\n").message, HasSubstr("plugins is an inline table"));
  EXPECT_EQ(refusal(k_1_7, "version = \n").code, ExitCode::format);
}

TEST(ContainerdConfiguration, AnEmptyFileIsNone) {
  EXPECT_EQ(adapted(k_1_6, {{std::string(k_path), "\n"}}).files.at(0).text,
            fresh_containerd_configuration(k_1_6, wants()));
}

TEST(ContainerdConfiguration, ChangesItsOwnFileInPlace) {
  const ConfigurationFile ours = {std::string(k_path), fresh_containerd_configuration(k_2_2, wants())};
  EXPECT_TRUE(adapted(k_2_2, {ours}).files.empty());
  ContainerdWants newer = wants();
  newer.sandbox_image = "registry.k8s.io/pause:3.11";
  const auto result = adapted(k_2_2, {ours}, newer);
  ASSERT_EQ(result.files.size(), 1U);
  EXPECT_EQ(result.files[0].path, k_path);
  EXPECT_EQ(result.files[0].text, fresh_containerd_configuration(k_2_2, newer));
}

TEST(ContainerdDump, NamesWhatDiffers) {
  const auto differences = differences_in_dump(k_debian, wants());
  ASSERT_TRUE(differences);
  EXPECT_THAT(*differences, testing::Contains("plugins.\"io.containerd.grpc.v1.cri\".sandbox_image is not set, not "
                                              "registry.k8s.io/pause:3.10"));
  EXPECT_THAT(*differences, testing::Contains("plugins.\"io.containerd.grpc.v1.cri\".cni.bin_dir is /usr/lib/cni, not "
                                              "/opt/cni/bin"));
  EXPECT_EQ(differences_in_dump(fresh_containerd_configuration(k_1_6, wants()), wants())->size(), 0U);
  EXPECT_EQ(differences_in_dump(fresh_containerd_configuration(k_2_3, wants()), wants())->size(), 0U);
  const std::string off =
      "disabled_plugins = ['io.containerd.grpc.v1.cri']\n" + fresh_containerd_configuration(k_1_6, wants());
  EXPECT_THAT(*differences_in_dump(off, wants()), testing::ElementsAre(HasSubstr("disabled_plugins")));
}

}  // namespace
}  // namespace kubeferry::runtime

// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <kubeferry/base/text.hpp>
#include <kubeferry/runtime/containerd_configuration.hpp>

#include "sample_host.hpp"

// Asks the containerd of this machine, and those in KF_CONTAINERDS (paths, with colons between), what texts of ours
// come to.
namespace kubeferry::runtime {
namespace {

struct Real {
  std::string program;
  Version version;
};

std::vector<Real> real_ones() {
  std::vector<std::string> programs = {"/usr/bin/containerd"};
  const char* more = std::getenv("KF_CONTAINERDS");
  for (const auto path : split(more == nullptr ? "" : more, ':')) {
    if (!path.empty()) {
      programs.emplace_back(path);
    }
  }
  std::vector<Real> found;
  for (const std::string& program : programs) {
    const auto version = find_version(host::Host::local().output_of({program, "--version"}).value_or(""));
    EXPECT_TRUE(version) << program;
    if (version) {
      found.push_back({program, *version});
    }
  }
  return found;
}

class RealContainerd : public testing::Test {
protected:
  /// Writes `files`, whose paths are as on a host, below a directory, with imports that point there too.
  std::string write(const std::vector<ConfigurationFile>& files) const {
    for (const ConfigurationFile& file : files) {
      std::string text = file.text;
      const std::string folder = "/etc/containerd/conf.d/";
      if (const auto at = text.find(folder); at != std::string::npos) {
        text.replace(at, folder.size(), sample_.host.at(folder).native());
      }
      sample_.file(file.path, text);
    }
    return sample_.host.at(k_containerd_configuration);
  }

  void expect_as_wanted(const Real& real, const std::vector<ConfigurationFile>& files, const ContainerdWants& wants) {
    const auto found = containerd_differences(host::Host::local(), real.program, real.version, write(files), wants);
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_THAT(*found, testing::ElementsAre()) << real.program;
  }

  std::string dump(const Real& real, const std::string& path) {
    return host::Host::local()
        .output_of({real.program, "--config", path, "config", real.version.major < 2 ? "dump" : "migrate"})
        .value_or("");
  }

  SampleHost sample_;
  ContainerdWants wants_{.sandbox_image = "example.org/k8s/pause:3.2"};
};

TEST_F(RealContainerd, TakesAFreshConfiguration) {
  for (const Real& real : real_ones()) {
    for (const CgroupDriver driver : {CgroupDriver::systemd, CgroupDriver::cgroupfs}) {
      wants_.cgroup_driver = driver;
      wants_.restrict_oom_score = RestrictOomScore::yes;
      expect_as_wanted(
          real, {{std::string(k_containerd_configuration), fresh_containerd_configuration(real.version, wants_)}},
          wants_);
    }
  }
}

TEST_F(RealContainerd, TakesAnAdaptedConfigurationAndKeepsItsOwners) {
  constexpr std::string_view k_theirs = R"(version = 2
root = "/srv/containerd"
[plugins."io.containerd.grpc.v1.cri"]
  max_container_log_line_size = 4242
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "/etc/other-cni"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.nvidia]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.nvidia.options]
      BinaryName = "/usr/bin/nvidia-container-runtime"
      SystemdCgroup = true
)";
  wants_.cgroup_driver = CgroupDriver::cgroupfs;
  for (const Real& real : real_ones()) {
    const ConfigurationFile theirs = {std::string(k_containerd_configuration), std::string(k_theirs)};
    const std::vector<ConfigurationFile> existing = {theirs};
    const auto adapted = containerd_configuration(real.version, k_containerd_configuration, existing, wants_);
    ASSERT_TRUE(adapted) << adapted.error().message;
    expect_as_wanted(real, adapted->files, wants_);
    const std::string effective = dump(real, sample_.host.at(k_containerd_configuration));
    for (const auto* kept : {"/srv/containerd", "max_container_log_line_size = 4242", "/etc/other-cni",
                             "/usr/bin/nvidia-container-runtime"}) {
      EXPECT_THAT(effective, testing::HasSubstr(kept)) << real.program;
    }
    EXPECT_THAT(effective, testing::Not(testing::HasSubstr("SystemdCgroup = true"))) << real.program;
  }
}

TEST_F(RealContainerd, AdaptsItsOwnDefaultConfiguration) {
  for (const Real& real : real_ones()) {
    const std::string text = host::Host::local().output_of({real.program, "config", "default"}).value_or("");
    ASSERT_FALSE(text.empty());
    const std::vector<ConfigurationFile> existing = {{std::string(k_containerd_configuration), text}};
    const auto adapted = containerd_configuration(real.version, k_containerd_configuration, existing, wants_);
    ASSERT_TRUE(adapted) << adapted.error().message;
    write(existing);
    expect_as_wanted(real, adapted->files, wants_);
  }
}

TEST_F(RealContainerd, SaysWhatDiffersAndWhatItRefuses) {
  const Real real = real_ones().front();
  const std::string path = write({{std::string(k_containerd_configuration), "version = 2\n"}});
  const auto found = containerd_differences(host::Host::local(), real.program, real.version, path, wants_);
  ASSERT_TRUE(found);
  EXPECT_THAT(*found, testing::Contains(testing::HasSubstr("sandbox_image is registry.k8s.io/pause:")));
  write({{std::string(k_containerd_configuration), "version = 2\nroot = 7\n"}});
  const auto refused = containerd_differences(host::Host::local(), real.program, real.version, path, wants_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ExitCode::io);
}

}  // namespace
}  // namespace kubeferry::runtime

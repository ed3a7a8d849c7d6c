// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/host_packages/distribution.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <kubeferry/host_packages/install.hpp>

#include "fixture.hpp"

namespace kubeferry::host_packages {
namespace {

using namespace testing_support;
using testing::HasSubstr;

/// A host of dpkg's, or of rpm's.
Machine& of(Machine& machine, const std::string& os_release, const std::string& program,
            const std::string& architecture) {
  machine.write("/etc/os-release", os_release);
  machine.program(program);
  machine.runner().answer = [architecture](const auto&) { return ProcessOutput{0, architecture + "\n", ""}; };
  return machine;
}

bundle::Manifest manifest_of(std::vector<bundle::PackageRepository> repositories) {
  bundle::Manifest manifest;
  manifest.name = "site";
  manifest.version = "1";
  manifest.packages = std::move(repositories);
  return manifest;
}

bundle::PackageRepository deb_for(const std::string& platform) {
  auto repository = deb_repository();
  repository.platform = platform;
  return repository;
}

TEST(Distribution, IsWhatOsReleaseSays) {
  Machine rocky;
  rocky.write("/usr/lib/os-release",
              "NAME=\"Rocky Linux\"\nID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\nVERSION_ID=\"9.3\"\n"
              "PLATFORM_ID='platform:el9'\nPRETTY_NAME=\"Rocky Linux 9.3 (Blue Onyx)\"\n");
  const Distribution found = read_distribution(rocky.host());
  EXPECT_EQ(found.id, "rocky");
  EXPECT_EQ(found.version, "9.3");
  EXPECT_EQ(found.like, "rhel centos fedora");
  EXPECT_EQ(found.name, "Rocky Linux 9.3 (Blue Onyx)");
  rocky.write("/etc/os-release", "ID=mine\n");
  EXPECT_EQ(read_distribution(rocky.host()).name, "mine") << "the administrator's file comes first";
  EXPECT_EQ(read_distribution(Machine().host()).name, "an unknown distribution");
}

TEST(Distribution, PlatformIsThePackageManagers) {
  Machine arm;
  EXPECT_EQ(userland_platform(of(arm, "", "dpkg", "armhf").host()).value(), "linux/arm");
  EXPECT_THAT(arm.runner().asked, testing::ElementsAre("/usr/bin/dpkg --print-architecture"));
  Machine power;
  EXPECT_EQ(userland_platform(of(power, "", "rpm", "ppc64le").host()).value(), "linux/ppc64le");
  Machine old;
  EXPECT_EQ(userland_platform(of(old, "", "dpkg", "i386").host()).error().code, ExitCode::unsupported_host);
  EXPECT_EQ(userland_platform(Machine().host()).error().code, ExitCode::unsupported_host);
}

TEST(ForHost, TakesTheHostsOwn) {
  Machine machine;
  of(machine, "ID=debian\nVERSION_ID=\"12\"\n", "dpkg", "arm64");
  const auto manifest = manifest_of({deb_for("linux/amd64"), deb_for("linux/arm64"), rpm_repository()});
  EXPECT_EQ(for_host(manifest, machine.host(), "").value(), &manifest.packages[1]);
  EXPECT_EQ(for_host(manifest, machine.host(), "debian-12").value(), &manifest.packages[1]);
}

TEST(ForHost, SaysWhyThereIsNone) {
  const auto manifest = manifest_of({deb_for("linux/amd64"), rpm_repository()});
  Machine s390x;
  of(s390x, "ID=debian\nVERSION_ID=\"12\"\nPRETTY_NAME=\"Debian GNU/Linux 12\"\n", "dpkg", "s390x");
  const auto none = for_host(manifest, s390x.host(), "");
  EXPECT_EQ(none.error().code, ExitCode::unsupported_host);
  EXPECT_EQ(none.error().message, "the bundle has no packages for Debian GNU/Linux 12 on linux/s390x");
  EXPECT_EQ(none.error().hint, "it has debian-12 for linux/amd64, rocky-9 for linux/amd64");
  EXPECT_EQ(for_host(manifest, s390x.host(), "debian-12").error().code, ExitCode::unsupported_host);
  const auto misspelt = for_host(manifest, s390x.host(), "debian-13");
  EXPECT_EQ(misspelt.error().code, ExitCode::usage);
  EXPECT_EQ(misspelt.error().hint, "it has debian-12, rocky-9");
  EXPECT_EQ(for_host(manifest_of({}), s390x.host(), "").error().code, ExitCode::usage);
}

TEST(ForHost, OfWhatItIsLikeOnlyWhenTold) {
  const auto manifest = manifest_of({rpm_repository()});
  Machine like;
  of(like, "ID=almalinux\nID_LIKE=\"rhel rocky\"\nVERSION_ID=\"9.3\"\n", "rpm", "x86_64");
  const auto refused = for_host(manifest, like.host(), "");
  EXPECT_EQ(refused.error().code, ExitCode::unsupported_host);
  EXPECT_THAT(refused.error().hint, HasSubstr("`--distribution rocky-9` takes those of rocky 9"));
  EXPECT_EQ(for_host(manifest, like.host(), "rocky-9").value(), &manifest.packages[0]);
}

TEST(Meant, IsByNameByPlatformOrByThisHost) {
  Machine machine;
  of(machine, "ID=debian\nVERSION_ID=\"12\"\n", "dpkg", "arm64");
  const auto manifest = manifest_of({deb_for("linux/amd64"), deb_for("linux/arm64"), rpm_repository()});
  EXPECT_EQ(meant(manifest, machine.host(), "", "").value(), &manifest.packages[1]);
  EXPECT_EQ(meant(manifest, machine.host(), "rocky-9", "").value(), &manifest.packages[2]);
  EXPECT_EQ(meant(manifest, machine.host(), "debian-12", "").value(), &manifest.packages[1]);
  EXPECT_EQ(meant(manifest, machine.host(), "debian-12", "linux/amd64").value(), &manifest.packages[0]);
  EXPECT_EQ(meant(manifest, machine.host(), "", "linux/amd64").value(), &manifest.packages[0]) << "this distribution's";
  EXPECT_EQ(meant(manifest, machine.host(), "", "linux/s390x").error().message,
            "the bundle has no packages for linux/s390x");
  EXPECT_EQ(meant(manifest, machine.host(), "x", "").error().code, ExitCode::usage);
  const auto which = meant(manifest, Machine().host(), "", "");
  EXPECT_EQ(which.error().code, ExitCode::usage);
  EXPECT_THAT(which.error().message, HasSubstr("debian-12 for linux/arm64, rocky-9 for linux/amd64"));
}

TEST(SourceText, IsWhatPackageManagersRead) {
  EXPECT_EQ(source_text(deb_repository(), "/srv/packages"), "deb [trusted=yes] file:/srv/packages ./\n");
  EXPECT_EQ(source_text(deb_repository(), "/srv/a b"), "deb [trusted=yes] file:/srv/a%20b ./\n");
  EXPECT_EQ(source_text(rpm_repository(), "/srv/packages"),
            "[kubeferry-rocky-9]\nname=kubeferry rocky-9\nbaseurl=file:///srv/packages\nenabled=1\ngpgcheck=0\n"
            "repo_gpgcheck=0\n");
  EXPECT_THAT(source_text(rpm_repository(), "/srv", true), HasSubstr("\ngpgcheck=1\n"));
}

TEST(HostBelow, IsASystemInAFolder) {
  const Machine machine;
  EXPECT_EQ(host_below(machine.at("/nothing").native()).error().code, ExitCode::usage);
  machine.write("/etc/os-release", "ID=debian\n");
  EXPECT_EQ(host_below(machine.at("/").native()).value().at("/etc"), std::filesystem::canonical(machine.at("/etc")));
  std::filesystem::remove_all(machine.at("/var/cache"));
  std::filesystem::create_directory_symlink("/tmp", machine.at("/var/cache"));
  EXPECT_EQ(host_below(machine.at("/").native()).error().code, ExitCode::unsupported_host);
  EXPECT_EQ(host_below("").value().root(), "/");
}

}  // namespace
}  // namespace kubeferry::host_packages

// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/node/kept_files.hpp>

#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <kubeferry/node/install.hpp>

#include "fake_host.hpp"

namespace kubeferry::node {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* k_ca = "/etc/kubernetes/pki/ca.key";

unsigned mode_of(const FakeHost& fake, const std::string& path) {
  struct stat info {};
  return ::lstat(fake.host().at(path).c_str(), &info) == 0 ? info.st_mode & 07777U : 0;
}

struct KeptFiles : ::testing::Test {
  FakeHost fake;
  std::vector<std::string> said;

  KeptFiles() { std::filesystem::create_directories(fake.host().at(k_kubeadm_directory)); }
  void give_back() {
    const auto done = give_files_back(fake.host(), [&](std::string_view line) { said.emplace_back(line); });
    ASSERT_TRUE(done) << done.error().message;
  }
};

TEST_F(KeptFiles, TheSitesAuthorityComesBackAfterKubeadmRemovedIt) {
  fake.write(k_ca, "the site's");
  std::filesystem::permissions(fake.host().at(k_ca), std::filesystem::perms(0600));
  std::filesystem::permissions(fake.host().at(k_ca).parent_path(), std::filesystem::perms(0700));
  std::filesystem::create_symlink("/elsewhere/ca.crt", fake.host().at("/etc/kubernetes/pki/ca.crt"));
  fake.write("/etc/kubernetes/manifests/own.yaml", "a static Pod");
  fake.write("/var/lib/kubelet/config.json", "credentials");
  fake.write("/var/lib/kubelet/pods/1/volume", "not ours to keep");
  fake.write("/srv/pki/sa.key", "in a directory of its own");
  EXPECT_FALSE(files_are_kept(fake.host()));
  ASSERT_TRUE(keep_files(fake.host(), "/srv/pki"));
  EXPECT_TRUE(files_are_kept(fake.host()));

  for (const auto* path : {"/etc/kubernetes", "/var/lib/kubelet", "/srv"}) {
    std::filesystem::remove_all(fake.host().at(path));
  }
  give_back();
  EXPECT_EQ(fake.host().text(k_ca), "the site's");
  EXPECT_EQ(mode_of(fake, k_ca), 0600U);
  EXPECT_EQ(mode_of(fake, "/etc/kubernetes/pki"), 0700U);
  EXPECT_EQ(std::filesystem::read_symlink(fake.host().at("/etc/kubernetes/pki/ca.crt")), "/elsewhere/ca.crt");
  EXPECT_EQ(fake.host().text("/etc/kubernetes/manifests/own.yaml"), "a static Pod");
  EXPECT_EQ(fake.host().text("/var/lib/kubelet/config.json"), "credentials");
  EXPECT_EQ(fake.host().text("/srv/pki/sa.key"), "in a directory of its own");
  EXPECT_FALSE(fake.host().exists("/var/lib/kubelet/pods"));
  EXPECT_THAT(said, IsEmpty());
}

TEST_F(KeptFiles, WhatIsStillThereStaysAsItIs) {
  fake.write(k_ca, "the site's");
  ASSERT_TRUE(keep_files(fake.host(), ""));
  fake.write("/etc/kubernetes/admin.conf", "kubeadm's");
  give_back();
  EXPECT_EQ(fake.host().text(k_ca), "the site's");
  EXPECT_EQ(fake.host().text("/etc/kubernetes/admin.conf"), "kubeadm's");
  EXPECT_THAT(said, IsEmpty());
}

TEST_F(KeptFiles, AnotherFileInItsPlaceIsNotLost) {
  fake.write(k_ca, "the site's");
  ASSERT_TRUE(keep_files(fake.host(), ""));
  fake.write(k_ca, "somebody's since");
  give_back();
  EXPECT_EQ(fake.host().text(k_ca), "the site's");
  EXPECT_THAT(said, ElementsAre(HasSubstr("was changed")));
  EXPECT_EQ(fake.host().text(std::string(k_ca) + ".kubeferry-changed"), "somebody's since");
}

TEST_F(KeptFiles, AHostWithoutAnyIsKeptToo) {
  ASSERT_TRUE(keep_files(fake.host(), "/etc/kubernetes/pki"));
  EXPECT_TRUE(files_are_kept(fake.host()));
  give_back();
  EXPECT_FALSE(fake.host().exists("/etc/kubernetes"));
}

TEST_F(KeptFiles, NothingWasKeptSoNothingIsGivenBack) {
  give_back();
  EXPECT_FALSE(fake.host().exists("/etc/kubernetes"));
}

}  // namespace
}  // namespace kubeferry::node

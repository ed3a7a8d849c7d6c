// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/host_packages/install.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "fixture.hpp"

namespace kubeferry::host_packages {
namespace {

using namespace testing_support;
using bundle::testing_support::file_text;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A host of rpm's with the package managers that the test gives it.
class RpmHost : public testing::Test {
protected:
  RpmHost() {
    machine_.program("rpm");
    machine_.runner().answer = [this](const std::vector<std::string>& argv) { return answer(argv); };
  }

  ProcessOutput answer(const std::vector<std::string>& argv) {
    if (argv[1] == "--checksig") {
      return {0, checksig_, ""};
    }
    if (argv[1] == "-q") {
      return {installed_.contains(argv.back()) ? 0 : 1, "", ""};
    }
    if (argv[1] == "-qa") {
      std::string out = "gpg-pubkey 1-1 (none)\nbash 5.1-6 x86_64\n";
      for (const auto& name : installed_) {
        out += fmt::format("{} 1-1 x86_64\n", name);
      }
      return {0, out, ""};
    }
    section_ = file_text(machine_.at(std::string(k_folder) + "/repos.d/kubeferry.repo"));
    if (installation_.exit_status == 0) {
      installed_.insert({"socat", "conntrack-tools"});
    }
    return installation_;
  }

  Result<Outcome> install(InstallOptions options = {}) {
    return host_packages::install(machine_.host(), bundle::contents_of(bundle_.bundle()), bundle_.repository(),
                                  options);
  }

  Machine machine_;
  PackageBundle bundle_{rpm_repository()};
  std::set<std::string> installed_;
  std::string checksig_ = "socat.rpm: digests SIGNATURES NOT OK\n";
  ProcessOutput installation_;
  std::string section_;
};

TEST_F(RpmHost, InstallsFromTheBundleAlone) {
  machine_.program("dnf");
  const auto outcome = install();
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_THAT(outcome->installed,
              ElementsAre(Package{"conntrack-tools.x86_64", "1-1"}, Package{"socat.x86_64", "1-1"}));
  EXPECT_TRUE(machine_.runner().ran(
      "/usr/bin/dnf --assumeyes --noplugins --setopt=reposdir=/var/cache/kubeferry-packages/repos.d "
      "--setopt=cachedir=/var/cache/kubeferry-packages/cache --setopt=install_weak_deps=False install socat "
      "conntrack-tools"));
  EXPECT_THAT(section_, HasSubstr("baseurl=file:///var/cache/kubeferry-packages/repository\n"));
  EXPECT_FALSE(std::filesystem::exists(machine_.at(std::string(k_folder))));
  const auto again = install();
  ASSERT_TRUE(again);
  EXPECT_THAT(again->missing, IsEmpty());
}

TEST_F(RpmHost, ChecksSignaturesWhereItHasTheKeys) {
  machine_.program("dnf");
  const auto checked = [&](const std::string& said) {
    installed_.clear();
    checksig_ = said;
    EXPECT_TRUE(install());
    return section_.find("\ngpgcheck=1\n") != std::string::npos;
  };
  EXPECT_TRUE(checked("a.rpm: digests signatures OK\nb.rpm: digests signatures OK\n"));
  EXPECT_TRUE(checked("a.rpm: rsa sha1 (md5) pgp md5 OK\n")) << "rpm before 4.14";
  EXPECT_FALSE(checked("a.rpm: digests signatures OK\nb.rpm: digests SIGNATURES NOT OK\n"));
  EXPECT_FALSE(checked("a.rpm: digests OK\n")) << "has no signature";
  EXPECT_FALSE(checked("a.rpm: RSA sha1 ((MD5) PGP) md5 NOT OK (MISSING KEYS: (MD5) PGP#1)\n"));
  EXPECT_FALSE(checked(""));
}

TEST_F(RpmHost, TakesWhatThereIs) {
  machine_.program("yum");
  machine_.program("zypper");
  ASSERT_TRUE(install());
  EXPECT_TRUE(machine_.runner().ran("/usr/bin/yum "));
  installed_.clear();
  machine_.write("/etc/os-release", "ID=opensuse-leap\nID_LIKE=\"suse opensuse\"\nVERSION_ID=\"15.5\"\n");
  ASSERT_TRUE(install());
  EXPECT_TRUE(machine_.runner().ran(
      "/usr/bin/zypper --non-interactive --reposd-dir /var/cache/kubeferry-packages/repos.d --cache-dir "
      "/var/cache/kubeferry-packages/cache --no-gpg-checks install --no-recommends socat conntrack-tools"));
}

TEST_F(RpmHost, NeedsOneOfThem) {
  const auto refused = install();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ExitCode::unsupported_host);
  EXPECT_THAT(refused.error().message, HasSubstr("none of the three"));
}

TEST_F(RpmHost, SaysWhatItDiedOf) {
  machine_.program("dnf");
  installation_ = {1, "Error: Transaction test error:\n", "  file /usr/bin/socat conflicts with socat-mine\n"};
  const auto failed = install();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ExitCode::io);
  EXPECT_THAT(failed.error().message, HasSubstr("conflicts with socat-mine"));
  EXPECT_FALSE(std::filesystem::exists(machine_.at(std::string(k_folder))));
}

}  // namespace
}  // namespace kubeferry::host_packages

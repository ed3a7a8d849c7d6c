// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/host_packages/install.hpp>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>

#include <set>

#include "fixture.hpp"

namespace kubeferry::host_packages {
namespace {

using namespace testing_support;
using bundle::testing_support::file_text;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A Debian host whose apt-get installs what it is told, unless the test makes it fail.
class Debian : public testing::Test {
protected:
  Debian() {
    for (const auto* const name : {"apt-get", "dpkg", "dpkg-query"}) {
      machine_.program(name);
    }
    machine_.runner().answer = [this](const std::vector<std::string>& argv) { return answer(argv); };
  }

  ProcessOutput answer(const std::vector<std::string>& argv) {
    const std::string line = fmt::format("{}", fmt::join(argv, " "));
    const auto has = [&](std::string_view words) { return line.find(words) != std::string::npos; };
    if (has("--print-architecture")) {
      return {0, "amd64\n", ""};
    }
    if (has("dpkg-query")) {
      std::string out = "half-installed broken 1\ninstalled libc6:amd64 2.36-9\n";
      for (const auto& name : installed_) {
        out += fmt::format("installed {} 1-1\n", name);
      }
      return {0, out, ""};
    }
    if (has("--audit")) {
      return {0, audit_, ""};
    }
    if (has("--configure -a")) {
      audit_.clear();
      std::filesystem::remove(machine_.at("/var/lib/dpkg/updates/0003"));
      return {};
    }
    if (has("--simulate")) {
      return has(excluded_) ? exclusion_ : simulation_;
    }
    if (has(" install ")) {
      // What apt-get finds when it starts.
      packages_index_ = file_text(machine_.at(std::string(k_folder) + "/repository/Packages"));
      configuration_ = file_text(machine_.at(std::string(k_folder) + "/apt.conf"));
      sources_ = file_text(machine_.at(std::string(k_folder) + "/sources.list"));
      if (installation_.exit_status == 0) {
        installed_.insert({"socat", "conntrack", "libnfnetlink0:amd64"});
      }
      return installation_;
    }
    return {};
  }

  Result<Outcome> install(InstallOptions options = {}) {
    return host_packages::install(machine_.host(), bundle::contents_of(bundle_.bundle()), bundle_.repository(),
                                  options);
  }
  [[nodiscard]] bool folder_is_there() const { return std::filesystem::exists(machine_.at(std::string(k_folder))); }

  Machine machine_;
  PackageBundle bundle_{deb_repository()};
  std::set<std::string> installed_;
  std::string audit_;
  ProcessOutput simulation_{
      0,
      "NOTE: This is only a simulation!\nInst libnfnetlink0 (1.0.2-2 kubeferry [amd64])\n"
      "Inst socat [1.0] (1.7.4.4-2 kubeferry [amd64])\nConf socat (1.7.4.4-2 kubeferry [amd64])\n",
      ""};
  std::string excluded_ = "a name that no package has";
  ProcessOutput exclusion_{
      100,
      "Reading package lists...\nThe following packages will be REMOVED:\n  systemd-timesyncd\n"
      "The following NEW packages will be installed:\n  conntrack socat\n0 upgraded, 2 newly installed, 1 to remove.\n",
      "E: Packages need to be removed but remove is disabled.\n"};
  ProcessOutput installation_;
  std::string packages_index_;
  std::string configuration_;
  std::string sources_;
};

TEST_F(Debian, InstallsFromTheBundleAlone) {
  const auto outcome = install();
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_THAT(outcome->missing, ElementsAre("socat", "conntrack"));
  EXPECT_THAT(outcome->installed,
              ElementsAre(Package{"conntrack", "1-1"}, Package{"libnfnetlink0:amd64", "1-1"}, Package{"socat", "1-1"}));
  EXPECT_FALSE(outcome->repaired);
  EXPECT_EQ(crypto::Digest::of(as_byte_view(packages_index_)), bundle_.repository().files[1].digest);
  EXPECT_EQ(sources_, fmt::format("deb [trusted=yes] file:{}/repository ./\n", k_folder));
  for (const std::string_view line :
       {"Dir::Etc::sourcelist \"/var/cache/kubeferry-packages/sources.list\";", "Dir::Etc::sourceparts \"/dev/null\";",
        "Dir::State::lists \"/var/cache/kubeferry-packages/lists\";",
        "Dir::Cache \"/var/cache/kubeferry-packages/cache\";", "APT::Get::Remove \"false\";",
        "APT::Install-Recommends \"false\";", "\"--force-confold\";"}) {
    EXPECT_THAT(configuration_, HasSubstr(line));
  }
  EXPECT_TRUE(machine_.runner().ran(
      "/usr/bin/apt-get -c /var/cache/kubeferry-packages/apt.conf -q --fix-broken install socat conntrack"));
  const auto& environment = machine_.runner().commands.back().environment;
  EXPECT_FALSE(folder_is_there());
  EXPECT_THAT(environment, IsEmpty()) << "asking dpkg needs none";
  for (const auto& command : machine_.runner().commands) {
    if (command.argv.back() == "conntrack" && command.argv.at(4) == "--fix-broken") {
      EXPECT_THAT(command.environment, testing::Contains(testing::Pair("DEBIAN_FRONTEND", "noninteractive")));
      EXPECT_FALSE(command.stop.stop_possible()) << "half an installation is worse than a late one";
    }
  }
}

TEST_F(Debian, ASecondRunDoesNothing) {
  ASSERT_TRUE(install());
  machine_.runner().asked.clear();
  const auto outcome = install();
  ASSERT_TRUE(outcome);
  EXPECT_THAT(outcome->missing, IsEmpty());
  EXPECT_THAT(outcome->installed, IsEmpty());
  EXPECT_FALSE(machine_.runner().ran("apt-get"));
  EXPECT_FALSE(folder_is_there());
}

TEST_F(Debian, LeavesOutWhatNobodyNamedAndSomethingWouldHaveToGoFor) {
  excluded_ = "conntrack";
  std::vector<std::string> said;
  const auto outcome = install({.info = [&](std::string_view line) { said.emplace_back(line); }});
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_THAT(outcome->left_out, ElementsAre("conntrack"));
  EXPECT_THAT(outcome->missing, ElementsAre("socat"));
  EXPECT_THAT(said,
              testing::Contains("conntrack is left out: apt-get would have to remove systemd-timesyncd for this"));
  EXPECT_TRUE(machine_.runner().ran("--fix-broken install socat"));
  EXPECT_FALSE(machine_.runner().ran("-q --fix-broken install socat conntrack"));
}

TEST_F(Debian, RefusesWhatWasNamedAndSomethingWouldHaveToGoFor) {
  excluded_ = "conntrack";
  const auto outcome = install({.names = {"socat", "conntrack"}});
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ExitCode::io);
  EXPECT_THAT(outcome.error().message, HasSubstr("remove systemd-timesyncd"));
  EXPECT_FALSE(machine_.runner().ran("-q --fix-broken install"));
}

TEST_F(Debian, InstallsWhatIsNamedAndMissing) {
  installed_ = {"socat"};
  const auto outcome = install({.names = {"socat", "ipset"}});
  ASSERT_TRUE(outcome);
  EXPECT_THAT(outcome->missing, ElementsAre("ipset"));
  EXPECT_TRUE(machine_.runner().ran("--fix-broken install ipset"));
  EXPECT_FALSE(machine_.runner().ran("install socat"));
}

TEST_F(Debian, ADryRunSaysWhatItWouldDo) {
  const auto outcome = install({.dry_run = true});
  ASSERT_TRUE(outcome);
  EXPECT_THAT(outcome->installed, ElementsAre(Package{"libnfnetlink0", "1.0.2-2"}, Package{"socat", "1.7.4.4-2"}));
  EXPECT_FALSE(machine_.runner().ran("-q --fix-broken install"));
  EXPECT_THAT(installed_, IsEmpty());
  EXPECT_FALSE(folder_is_there());
}

TEST_F(Debian, NamesAreNamesOnly) {
  for (const auto* const name : {"", "-oDpkg::Pre-Invoke::=x", "socat-", "a b", "../x", "socat=1"}) {
    EXPECT_EQ(install({.names = {name}}).error().code, ExitCode::usage) << name;
  }
  EXPECT_THAT(machine_.runner().asked, IsEmpty());
}

TEST_F(Debian, AnInterruptedRunIsFinishedFirst) {
  audit_ = "The following packages are in a mess due to serious problems during installation:\n socat\n";
  const auto outcome = install();
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(outcome->repaired);
  const auto& asked = machine_.runner().asked;
  const auto repaired = std::ranges::find_if(asked, [](const auto& line) { return line.ends_with("--configure -a"); });
  const auto installing = std::ranges::find_if(asked, [](const auto& line) { return line.ends_with("conntrack"); });
  EXPECT_LT(repaired, installing);
}

TEST_F(Debian, SoIsWhatDpkgNotedDownWhenItWasKilled) {
  machine_.write("/var/lib/dpkg/updates/0003", "Package: socat\n");
  std::vector<std::string> said;
  const auto dry = install({.dry_run = true, .info = [&](std::string_view line) { said.emplace_back(line); }});
  ASSERT_TRUE(dry);
  EXPECT_FALSE(dry->repaired);
  EXPECT_THAT(said, ElementsAre(HasSubstr("would be finished first")));
  const auto outcome = install();
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(outcome->repaired);
}

TEST_F(Debian, WhatAKilledRunLeftGoes) {
  installed_ = {"socat", "conntrack"};
  machine_.write(std::string(k_folder) + "/repository/pool/x.deb", "half");
  ASSERT_TRUE(install());
  EXPECT_FALSE(folder_is_there());
}

TEST_F(Debian, OneAtATime) {
  std::filesystem::create_directory(machine_.at(std::string(k_folder)));
  const Fd held(::open(machine_.at(std::string(k_folder)).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  ASSERT_EQ(::flock(held.get(), LOCK_EX), 0);
  const auto refused = install();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ExitCode::locked);
  EXPECT_TRUE(folder_is_there()) << "it is the other one's";
}

TEST_F(Debian, SaysWhatAptSaid) {
  installation_ = {100, "Reading package lists...\n",
                   "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 812 (unattended-upgr)\n"
                   "E: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend)\n"};
  const auto locked = install();
  ASSERT_FALSE(locked);
  EXPECT_EQ(locked.error().code, ExitCode::locked);
  EXPECT_THAT(locked.error().message, HasSubstr("It is held by process 812"));
  EXPECT_FALSE(folder_is_there());

  installation_ = {100, "dpkg: error processing archive socat.deb (--unpack):\n No space left on device\n",
                   "E: Sub-process /usr/bin/dpkg returned an error code (1)\n"};
  EXPECT_EQ(install().error().code, ExitCode::no_space);

  installation_ = {100, "",
                   "dpkg: error processing package chrony (--configure):\n"
                   "E: Sub-process /usr/bin/dpkg returned an error code (1)\n"};
  const auto failed = install();
  EXPECT_EQ(failed.error().code, ExitCode::io);
  EXPECT_THAT(failed.error().hint, HasSubstr("/var/log/apt/term.log"));
}

TEST_F(Debian, WhatCannotBeSolvedIsKnownBeforehand) {
  simulation_ = {100,
                 "Some packages could not be installed.\nThe following packages have unmet dependencies:\n"
                 " conntrack : Depends: libnetfilter-conntrack3 (>= 1.0.9) but it is not installable\n",
                 "E: Unable to correct problems, you have held broken packages.\n"};
  const auto refused = install();
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message,
              HasSubstr("held broken packages. (conntrack : Depends: libnetfilter-conntrack3 (>= 1.0.9)"));
  EXPECT_FALSE(machine_.runner().ran("-q --fix-broken install"));
}

TEST_F(Debian, AStopComesBeforeAnythingIsChanged) {
  std::stop_source stop;
  stop.request_stop();
  const auto stopped = install({.stop = stop.get_token()});
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, ExitCode::interrupted);
  EXPECT_FALSE(machine_.runner().ran("apt-get"));
  EXPECT_FALSE(folder_is_there());
}

TEST_F(Debian, NothingOfADamagedBundleIsInstalled) {
  std::string text = file_text(bundle_.path());
  const auto& bundle = bundle_.bundle();
  const auto* row = bundle.find(bundle_.repository().files[0].digest);
  text[static_cast<std::size_t>(bundle.front().header.payload_offset + row->offset + row->stored / 2)] ^= 1;
  bundle::testing_support::write_text(bundle_.path(), text);
  EXPECT_EQ(install().error().code, ExitCode::integrity);
  EXPECT_FALSE(machine_.runner().ran("apt-get"));
}

TEST(NoPackageManager, IsSaid) {
  const Machine bare;
  const PackageBundle packages(deb_repository());
  const auto refused = install(bare.host(), bundle::contents_of(packages.bundle()), packages.repository(), {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ExitCode::unsupported_host);
  EXPECT_THAT(refused.error().message, HasSubstr("this host has no apt-get"));
}

}  // namespace
}  // namespace kubeferry::host_packages

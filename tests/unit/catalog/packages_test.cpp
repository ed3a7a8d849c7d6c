// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <kubeferry/catalog/needs.hpp>

#include "spec_text.hpp"

namespace kubeferry::catalog {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

const Catalog& catalog() {
  static const Catalog loaded = Catalog::builtin().value();
  return loaded;
}

Result<Needs> needs(const std::string& more) {
  KF_TRY_ASSIGN(const Spec spec, parse(spec_with(more)));
  return needs_of(spec, catalog());
}

std::string refusal(const std::string& more) {
  const auto found = needs(more);
  EXPECT_FALSE(found) << more;
  return found ? std::string() : found.error().message + " | " + found.error().hint;
}

TEST(Packages, TheShortFormIsTheCatalogs) {
  const auto spec = parse(spec_with("packages: [debian-12, opensuse-leap-15.6]\n"));
  ASSERT_TRUE(spec) << spec.error().message;
  ASSERT_EQ(spec->packages.size(), 2U);
  EXPECT_EQ(spec->packages[1].distribution, "opensuse-leap");
  EXPECT_EQ(spec->packages[1].version, "15.6");
  const auto found = needs("packages: [debian-12]\n");
  ASSERT_TRUE(found) << found.error().message;
  ASSERT_FALSE(found->packages.empty());
  const PackageNeed& first = found->packages.front();
  EXPECT_EQ(first.name, "debian-12");
  EXPECT_EQ(first.format, PackageFormat::deb);
  EXPECT_EQ(first.architecture, "amd64");
  EXPECT_THAT(first.install, ElementsAre("conntrack", "socat", "iptables", "ebtables", "ethtool", "ipset", "chrony"));
  EXPECT_THAT(first.sources[0].suites, ElementsAre("bookworm", "bookworm-updates"));
  EXPECT_THAT(first.sources[1].suites, ElementsAre("bookworm-security"));
  EXPECT_EQ(first.sources[0].keyring, "debian-archive-keyring.gpg");
}

TEST(Packages, EveryReleaseOfTheCatalogHasWhatItNeeds) {
  for (const Distribution& distribution : catalog().distributions) {
    EXPECT_FALSE(distribution.install.empty());
    EXPECT_FALSE(distribution.keyring_from.empty()) << distribution.name;
    for (const DistributionRelease& release : distribution.releases) {
      EXPECT_EQ(release.sources.empty(), !distribution.unpublished.empty()) << distribution.name;
      for (const std::string& architecture : release.architectures) {
        const auto found = needs("missing: skip\npackages: [" + distribution.name + "-" + release.version + "]\n");
        EXPECT_EQ(found.has_value(), distribution.unpublished.empty()) << distribution.name << architecture;
      }
    }
  }
}

TEST(Packages, ArchitecturesHaveTheirOwnWordsAndPlaces) {
  const auto found = needs_of(parse("apiVersion: kubeferry/v1\nkind: Bundle\nname: a\nversion: \"1\"\n"
                                    "platforms: [linux/amd64, linux/arm, linux/ppc64le]\npackages: [ubuntu-22.04]\n")
                                  .value(),
                              catalog());
  ASSERT_TRUE(found) << found.error().message;
  ASSERT_EQ(found->packages.size(), 3U);
  EXPECT_EQ(found->packages[0].sources.size(), 1U);
  EXPECT_THAT(found->packages[0].sources[0].url, HasSubstr("archive.ubuntu.com"));
  EXPECT_EQ(found->packages[1].architecture, "armhf");
  EXPECT_THAT(found->packages[1].sources[0].url, HasSubstr("ports.ubuntu.com"));
  EXPECT_EQ(found->packages[2].architecture, "ppc64el");
}

TEST(Packages, ADistributionWithoutTheArchitectureIsMissing) {
  const std::string spec =
      "apiVersion: kubeferry/v1\nkind: Bundle\nname: a\nversion: \"1\"\nplatforms: [linux/amd64, linux/arm]\n"
      "packages: [almalinux-9]\n";
  const auto refused = needs_of(parse(spec).value(), catalog());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "almalinux-9 packages for linux/arm: is not published for it");
  const auto skipped = needs_of(parse(spec + "missing: skip\n").value(), catalog());
  ASSERT_TRUE(skipped) << skipped.error().message;
  ASSERT_EQ(skipped->packages.size(), 1U);
  EXPECT_EQ(skipped->packages[0].sources[0].url, "https://repo.almalinux.org/almalinux/9/BaseOS/x86_64/os");
  EXPECT_EQ(skipped->missing.size(), 1U);
}

TEST(Packages, APlatformWithoutRuntimeIsToldWhereItsOwnIs) {
  const std::string spec =
      "apiVersion: kubeferry/v1\nkind: Bundle\nname: a\nversion: \"1\"\nplatforms: [linux/amd64, linux/arm]\n"
      "kubernetes: v1.26.15\n";
  const auto about = HasSubstr("is not published for linux/arm: its nodes need their distribution's");
  EXPECT_THAT(needs_of(parse(spec).value(), catalog())->notes, ElementsAre(about));
  EXPECT_THAT(needs_of(parse(spec + "packages: [debian-12]\n").value(), catalog())->notes, ElementsAre(about));
  const auto carried = needs_of(
      parse(spec + "packages: [{distribution: debian, version: \"12\", also: [containerd]}]\n").value(), catalog());
  EXPECT_THAT(carried->notes, testing::IsEmpty());
}

TEST(Packages, OnesOwnNamesAndRepositories) {
  const auto found = needs(
      "packages:\n- distribution: debian\n  version: \"12\"\n  install: [socat]\n  also: [nfs-common, socat]\n"
      "  repositories:\n  - {url: \"https://deb.corp/debian/\", suites: [bookworm], components: [main], keyring: "
      "./k.gpg}\n"
      "  - {url: \"https://deb.corp/own\", suites: [./], unsigned: true}\n");
  ASSERT_TRUE(found) << found.error().message;
  const PackageNeed& first = found->packages.front();
  EXPECT_THAT(first.install, ElementsAre("socat", "nfs-common"));
  EXPECT_EQ(first.sources[0].url, "https://deb.corp/debian");
  EXPECT_EQ(first.sources[0].keyring, "/specs/./k.gpg");
  EXPECT_TRUE(first.sources[1].unsigned_);
  // Nobody overlooks that.
  EXPECT_THAT(found->notes, Contains(HasSubstr("UNSIGNED")));
}

TEST(Packages, AnUnknownDistributionNeedsToBeExplained) {
  EXPECT_THAT(refusal("packages: [debianx-12]\n"),
              StartsWith("packages: the distribution \"debianx\" is not in the catalog | did you mean debian?"));
  EXPECT_THAT(refusal("packages: [debian-4]\n"), HasSubstr("debian 4 is not in the catalog | there is 13, 12, 11"));
  EXPECT_THAT(refusal("packages: [rhel-9]\n"), HasSubstr("only subscribers may fetch them"));
  const std::string own =
      "packages:\n- {distribution: corpix, version: \"1\", repositories: [{url: \"https://r.corp/{arch}\", sha256: " +
      std::string(64, 'a') + "}]";
  EXPECT_THAT(refusal(own + "}\n"), HasSubstr("nothing is said to be installed of corpix-1"));
  const auto found = needs(own + ", install: [socat]}\n");
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->packages[0].format, PackageFormat::rpm);
  EXPECT_EQ(found->packages[0].sources[0].url, "https://r.corp/x86_64");
  EXPECT_THAT(refusal("packages:\n- {distribution: debian, version: \"12\", repositories: [{url: \"https://r.corp\", "
                      "sha256: " +
                      std::string(64, 'a') + "}]}\n"),
              HasSubstr("debian-12 has deb packages, and the spec's repositories are of rpm"));
}

TEST(Packages, WhatASpecMayNotSay) {
  const std::string head = "packages:\n- {distribution: debian, version: \"12\", ";
  const std::string repository = head + "repositories: [{url: \"https://d.corp\", ";
  for (const auto& [text, says] : std::vector<std::pair<std::string, std::string>>{
           {"packages: debian-12\n", "must be a list"},
           {"packages: [debian]\n", "must be a distribution and its version"},
           {"packages: [debian-12, debian-12]\n", "is there twice"},
           {"packages: [\"../12\"]\n", "must start with a letter or digit"},
           {head + "installx: [socat]}\n", "installx"},
           {head + "install: []}\n", "must name at least one package"},
           {head + "install: [socat-]}\n", "is no name of a package"},
           {head + "install: [\"-o\"]}\n", "must start with a letter or digit"},
           {"packages:\n- {distribution: debian, version: 12}\n", "12"},
           {repository + "suites: [bookworm], keyring: k.gpg}]}\n", "components"},
           {repository + "suites: [./], components: [main], keyring: k.gpg}]}\n", "is a folder"},
           {repository + "suites: [\"../x\"], components: [main], keyring: k.gpg}]}\n", "is no suite"},
           {repository + "suites: [bookworm], components: [main]}]}\n", "needs either keyring or unsigned: true"},
           {repository + "suites: [bookworm], components: [main], keyring: k.gpg, unsigned: true}]}\n", "needs either"},
           {repository + "keyring: k.gpg, unsigned: true}]}\n", "needs exactly one of"},
           {repository + "sha256: abc}]}\n", "hexadecimal"},
           {head + "repositories: [{url: \"http://d.corp\", unsigned: true}]}\n", "is neither signed nor encrypted"},
           {head + "repositories: [{url: \"https://d.corp\", keyring: k}, {url: \"https://d.corp\", suites: [./], "
                   "keyring: k}]}\n",
            "of another kind"}}) {
    const auto spec = parse(spec_with(text));
    ASSERT_FALSE(spec) << text;
    EXPECT_EQ(spec.error().code, ExitCode::usage);
    EXPECT_THAT(spec.error().message, StartsWith("/specs/site.yaml:")) << text;
    EXPECT_THAT(spec.error().message + " " + spec.error().hint, HasSubstr(says)) << text;
  }
}

TEST(Packages, AloneAreEnoughForABundle) {
  EXPECT_TRUE(
      parse("apiVersion: kubeferry/v1\nkind: Bundle\nname: a\nversion: \"1\"\nplatforms: all\n"
            "packages: [debian-12]\n"));
}

}  // namespace
}  // namespace kubeferry::catalog

// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "index_text.hpp"

namespace kubeferry::packages {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Result<Closure> close(const std::vector<std::string>& indexes, std::vector<std::string> names) {
  ClosureRequest request{.format = Format::deb, .architecture = "armhf", .indexes = {}, .names = std::move(names)};
  for (const std::string& text : indexes) {
    request.indexes.push_back({"https://example.org/Packages", text});
  }
  return closure_of(request);
}

std::vector<std::string> closed(const std::vector<DebEntry>& entries, std::vector<std::string> names) {
  auto closure = close({deb_index(entries)}, std::move(names));
  EXPECT_TRUE(closure) << closure.error().message;
  return closure ? names_of(closure->packages) : std::vector<std::string>();
}

std::string refused(const std::vector<DebEntry>& entries, std::vector<std::string> names) {
  const auto closure = close({deb_index(entries)}, std::move(names));
  EXPECT_FALSE(closure);
  return closure ? std::string() : closure.error().message;
}

TEST(DebClosure, TakesWhatIsNeededAndNothingElse) {
  EXPECT_THAT(
      closed({{"tool", "1", "Depends: liba, libb (>= 2)\nPre-Depends: early\nRecommends: nice\nSuggests: more\n"},
              {"liba"},
              {"libb", "2.1"},
              {"early"},
              {"nice"},
              {"more"},
              {"other"}},
             {"tool"}),
      ElementsAre("early", "liba", "libb", "tool"));
}

TEST(DebClosure, SaysWhereAPackageIs) {
  const auto closure = close({deb_index({{"a"}}), deb_index({{"tool", "1:2.0-3", "Depends: a\n"}})}, {"tool"});
  ASSERT_TRUE(closure) << closure.error().message;
  ASSERT_EQ(closure->packages.size(), 2U);
  EXPECT_EQ(closure->packages[0].index, 0U);
  const Package& tool = closure->packages[1];
  EXPECT_EQ(tool.index, 1U);
  EXPECT_EQ(tool.version, "1:2.0-3");
  EXPECT_EQ(tool.architecture, "armhf");
  EXPECT_EQ(tool.location, "pool/main/tool_1:2.0-3_armhf.deb");
  EXPECT_EQ(tool.size, 100U);
  EXPECT_EQ(tool.digest, crypto::Digest::of(as_byte_view("tool1:2.0-3")));
  EXPECT_EQ(tool.entry + "\n", stanza({"tool", "1:2.0-3", "Depends: a\n"}));
}

TEST(DebClosure, TakesTheNewestOfSeveralRepositoriesByDebiansRules) {
  const auto closure =
      close({deb_index({{"tool", "1.9-1"}, {"late", "1.0"}}), deb_index({{"tool", "1.10~rc1-1"}, {"late", "1.0~rc1"}})},
            {"tool", "late"});
  ASSERT_TRUE(closure) << closure.error().message;
  ASSERT_EQ(closure->packages.size(), 2U);
  EXPECT_EQ(closure->packages[0].version, "1.0");
  EXPECT_EQ(closure->packages[1].version, "1.10~rc1-1");
}

TEST(DebClosure, TakesAnOlderOneWhereTheNewestDoesNotFit) {
  const auto closure =
      close({deb_index({{"tool", "1", "Depends: lib (<< 2)\n"}, {"lib", "1.5"}, {"lib", "2.0"}})}, {"tool"});
  ASSERT_TRUE(closure) << closure.error().message;
  EXPECT_EQ(closure->packages[0].version, "1.5");
}

TEST(DebClosure, PrefersTheFirstAlternative) {
  for (const std::string first : {"zeta", "alpha"}) {
    const std::string second = first == "zeta" ? "alpha" : "zeta";
    EXPECT_THAT(closed({{"tool", "1", "Depends: " + first + " | " + second + "\n"}, {"alpha"}, {"zeta"}}, {"tool"}),
                ElementsAre(std::min(first, std::string("tool")), std::max(first, std::string("tool"))));
  }
  // One that cannot be had is passed over.
  EXPECT_THAT(closed({{"tool", "1", "Depends: gone | second\n"}, {"second"}}, {"tool"}), ElementsAre("second", "tool"));
}

TEST(DebClosure, WhatEveryHostHasDecidesAlternatives) {
  EXPECT_THAT(closed({{"tool", "1", "Depends: chatty-2.0\n"},
                      {"achatty", "1", "Provides: chatty-2.0\n"},
                      {"chatty", "1", "Priority: required\nProvides: chatty-2.0\n"},
                      {"zchatty", "1", "Provides: chatty-2.0\n"},
                      {"unneeded", "1", "Essential: yes\n"}},
                     {"tool"}),
              ElementsAre("chatty", "tool"));
}

TEST(DebClosure, WhatEveryHostHasIsCarriedInItsNewestVersionButNotAllThatItNeeds) {
  // The host has some version of both, so what they need of any version is there; a newer one may need newer libraries.
  EXPECT_THAT(closed({{"tool", "1", "Depends: passwd\n"},
                      {"passwd", "1", "Priority: required\nDepends: merge | merged, libpam (>= 2), debconf\n"},
                      {"debconf", "1", "Priority: required\n"},
                      {"libpam", "2", "Depends: libaudit\n"},
                      {"libaudit"},
                      {"merge"},
                      {"merged"}},
                     {"tool"}),
              ElementsAre("libaudit", "libpam", "passwd", "tool"));
}

TEST(DebClosure, VirtualPackagesAndVersionedProvides) {
  const std::vector<DebEntry> entries = {{"tool", "1", "Depends: service (>= 2)\n"},
                                         {"old", "9", "Provides: service (= 1)\n"},
                                         {"unversioned", "9", "Provides: service\n"},
                                         {"right", "1", "Provides: service (= 2.5)\n"}};
  EXPECT_THAT(closed(entries, {"tool"}), ElementsAre("right", "tool"));
}

TEST(DebClosure, ConflictsAndBreaksAreNeverTakenTogether) {
  EXPECT_THAT(closed({{"tool", "1", "Depends: a | b\nConflicts: a\n"}, {"a"}, {"b"}}, {"tool"}),
              ElementsAre("b", "tool"));
  EXPECT_THAT(refused({{"one", "1", "Breaks: two (<< 3)\n"}, {"two", "2"}}, {"one", "two"}), HasSubstr("conflicts"));
}

TEST(DebClosure, ArchitectureAllAndAnyArchitecture) {
  EXPECT_THAT(closed({{"tool", "1", "Depends: script, perl:any\n"},
                      {"script", "1", "", "all"},
                      {"perl", "1", "Multi-Arch: allowed\n"}},
                     {"tool"}),
              ElementsAre("perl", "script", "tool"));
  // Of another architecture: as if it were not there.
  EXPECT_THAT(refused({{"tool", "1", "Depends: lib\n"}, {"lib", "1", "", "arm64"}}, {"tool"}), HasSubstr("lib"));
}

TEST(DebClosure, NamesWhatIsMissing) {
  const std::string message = refused({{"tool", "1-2", "Depends: gone (>= 3)\n"}}, {"tool"});
  EXPECT_THAT(message, HasSubstr("gone >= 3"));
  EXPECT_THAT(message, HasSubstr("tool-1-2"));
}

TEST(DebClosure, UnknownNamesAreLeftOutAndSaid) {
  const auto closure = close({deb_index({{"tool"}, {"mta", "1", "Provides: mail\n"}})}, {"no-such", "tool", "mail"});
  ASSERT_TRUE(closure) << closure.error().message;
  EXPECT_THAT(names_of(closure->packages), ElementsAre("tool"));
  // apt-get does not install a virtual package by its name either.
  EXPECT_THAT(closure->unknown, ElementsAre("no-such", "mail"));
}

TEST(DebClosure, RefusesEntriesThatNothingCouldBeCheckedBy) {
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
           {"SHA256: ", "MD5sum: "}, {"Size: 100", "Size: many"}, {"pool/main/", "../../etc/"}, {"pool/main/", "/"}}) {
    std::string text = deb_index({{"tool"}});
    text.replace(text.find(from), from.size(), to);
    const auto closure = close({text}, {"tool"});
    ASSERT_FALSE(closure) << text;
    EXPECT_EQ(closure.error().code, ExitCode::format);
    EXPECT_THAT(closure.error().message, HasSubstr("https://example.org/Packages: tool 1 has no usable"));
  }
}

TEST(DebClosure, RefusesAPackageWithoutAVersion) {  // found by fuzz_packages
  std::string text = deb_index({{"tool"}});
  text.replace(text.find("Version: "), 9, "Revision: ");
  const auto closure = close({text}, {"tool"});
  ASSERT_FALSE(closure);
  EXPECT_EQ(closure.error().code, ExitCode::format);
  EXPECT_THAT(closure.error().message, HasSubstr("has no usable Version"));
}

TEST(DebClosure, SurvivesWhatIsNoIndex) {
  for (const std::string text : {"", "\n\n\n", "nonsense", "Package\n\n", "Package: \n\nVersion: 1\n"}) {
    const auto closure = close({text}, {"tool"});
    ASSERT_TRUE(closure) << closure.error().message;
    EXPECT_TRUE(closure->packages.empty());
  }
}

}  // namespace
}  // namespace kubeferry::packages

// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <kubeferry/packages/repository.hpp>

#include "index_text.hpp"

namespace kubeferry::packages {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct RpmEntry {
  std::string name;
  std::string version = "1";
  std::string format;  ///< what stands in <format>
  std::string architecture = "aarch64";
  std::string epoch = "0";
};

/// As createrepo writes it.
std::string element(const RpmEntry& entry) {
  return fmt::format(
      "<package type=\"rpm\">\n  <name>{0}</name>\n  <arch>{2}</arch>\n  <version epoch=\"{5}\" ver=\"{1}\" "
      "rel=\"1.el9\"/>\n"
      "  <checksum type=\"sha256\" pkgid=\"YES\">{3}</checksum>\n  <summary>a &lt;tool&gt;</summary>\n"
      "  <description/>\n  <packager/>\n  <url/>\n  <time file=\"1\" build=\"1\"/>\n"
      "  <size package=\"100\" installed=\"200\" archive=\"300\"/>\n"
      "  <location href=\"Packages/{0}-{1}-1.el9.{2}.rpm\"/>\n  <format>\n"
      "    <rpm:license>MIT</rpm:license>\n{4}  </format>\n</package>",
      entry.name, entry.version, entry.architecture, crypto::Digest::of(as_byte_view(entry.name + entry.version)).hex(),
      entry.format, entry.epoch);
}

std::string provides(const std::string& name) {
  return "    <rpm:provides>\n      <rpm:entry name=\"" + name + "\"/>\n    </rpm:provides>\n";
}
std::string requires_of(const std::string& entries) {
  return "    <rpm:requires>\n" + entries + "    </rpm:requires>\n";
}
std::string entry(const std::string& rest) { return "      <rpm:entry name=" + rest + "/>\n"; }

std::string primary(const std::vector<RpmEntry>& entries) {
  std::string text = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<metadata xmlns=\"http://linux.duke.edu/metadata/common\" "
      "xmlns:rpm=\"http://linux.duke.edu/metadata/rpm\" packages=\"{}\">\n",
      entries.size());
  for (const RpmEntry& one : entries) {
    // createrepo writes what a package provides of itself, too.
    RpmEntry self = one;
    if (self.format.find("rpm:provides") == std::string::npos) {
      self.format += fmt::format(
          "    <rpm:provides>\n      <rpm:entry name=\"{}\" flags=\"EQ\" epoch=\"{}\" ver=\"{}\" rel=\"1.el9\"/>\n"
          "    </rpm:provides>\n",
          one.name, one.epoch, one.version);
    }
    text += element(self) + "\n";
  }
  return text + "</metadata>\n";
}

Result<Closure> close(const std::string& text, std::vector<std::string> names) {
  return closure_of({Format::rpm, "aarch64", {{"https://example.org/primary.xml", text}}, std::move(names)});
}

TEST(RpmClosure, TakesWhatIsRequired) {
  const std::string text = primary({{"tool", "2",
                                     requires_of(entry("\"libfoo.so.1()(64bit)\"") + entry("\"/bin/sh\"") +
                                                 entry("\"base\" flags=\"GE\" epoch=\"0\" ver=\"1.5\"")) +
                                         "    <rpm:recommends>\n" + entry("\"nice\"") + "    </rpm:recommends>\n"},
                                    {"foo", "1", provides("libfoo.so.1()(64bit)")},
                                    {"bash", "1", "    <file>/bin/sh</file>\n"},
                                    {"base", "1.4"},
                                    {"base", "1.6"},
                                    {"nice"},
                                    {"foo", "9", provides("libfoo.so.1()(64bit)"), "x86_64"}});
  const auto closure = close(text, {"tool"});
  ASSERT_TRUE(closure) << closure.error().message;
  EXPECT_THAT(names_of(closure->packages), ElementsAre("base", "bash", "foo", "tool"));
  EXPECT_EQ(closure->packages[0].version, "1.6-1.el9");
  const Package& tool = closure->packages[3];
  EXPECT_EQ(tool.location, "Packages/tool-2-1.el9.aarch64.rpm");
  EXPECT_EQ(tool.digest, crypto::Digest::of(as_byte_view("tool2")));
  EXPECT_EQ(tool.size, 100U);
}

TEST(RpmClosure, EpochsAndNoarch) {
  const auto closure = close(primary({{"tool", "9", "", "noarch"}, {"tool", "1", "", "noarch", "2"}}), {"tool"});
  ASSERT_TRUE(closure) << closure.error().message;
  ASSERT_EQ(closure->packages.size(), 1U);
  EXPECT_EQ(closure->packages[0].version, "2:1-1.el9");
  EXPECT_EQ(closure->packages[0].architecture, "noarch");
}

TEST(RpmClosure, RichDependenciesAndConflicts) {
  const auto closure = close(primary({{"tool", "1", requires_of(entry("\"(plugin if host)\"") + entry("\"host\""))},
                                      {"host"},
                                      {"plugin"},
                                      {"other"}}),
                             {"tool"});
  ASSERT_TRUE(closure) << closure.error().message;
  EXPECT_THAT(names_of(closure->packages), ElementsAre("host", "plugin", "tool"));
  const auto refused = close(
      primary({{"a", "1", "    <rpm:conflicts>\n" + entry("\"b\"") + "    </rpm:conflicts>\n"}, {"b"}}), {"a", "b"});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("conflicts"));
}

TEST(RpmClosure, NamesWhatIsMissing) {
  const auto closure = close(primary({{"tool", "1", requires_of(entry("\"libgone.so.1()(64bit)\""))}}), {"tool"});
  ASSERT_FALSE(closure);
  EXPECT_EQ(closure.error().code, ExitCode::usage);
  EXPECT_THAT(closure.error().message, HasSubstr("libgone.so.1()(64bit)"));
}

TEST(RpmClosure, RefusesEntriesThatNothingCouldBeCheckedBy) {
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
           {"type=\"sha256\"", "type=\"sha\""},
           {"size package=\"100\"", "size package=\"x\""},
           {"href=\"Packages/", "href=\"../"},
           {"<location href", "<location xml:base=\"https://other.example/\" href"}}) {
    std::string text = primary({{"tool"}});
    text.replace(text.find(from), from.size(), to);
    const auto closure = close(text, {"tool"});
    ASSERT_FALSE(closure) << text;
    EXPECT_EQ(closure.error().code, ExitCode::format) << closure.error().message;
  }
}

TEST(RpmClosure, DamagedXmlIsAnError) {
  const std::string text = primary({{"tool"}});
  const auto closure = close(text.substr(0, text.size() / 2), {"tool"});
  ASSERT_FALSE(closure);
  EXPECT_EQ(closure.error().code, ExitCode::format);
}

TEST(RpmRepository, WhatWasWrittenIsSolvedAgain) {
  const auto closure = close(primary({{"tool", "1", requires_of(entry("\"lib\""))}, {"lib"}, {"other"}}), {"tool"});
  ASSERT_TRUE(closure) << closure.error().message;
  const RepositoryDescription about{Format::rpm, "rocky-9", "aarch64", parse_rfc3339("2026-11-22T11:00:00Z").value()};
  const auto files = repository_files(about, closure->packages);
  ASSERT_TRUE(files) << files.error().message;
  ASSERT_EQ(files->size(), 2U);
  EXPECT_EQ((*files)[0].path, "repodata/primary.xml");
  const auto again = close((*files)[0].content, {"tool"});
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_THAT(names_of(again->packages), ElementsAre("lib", "tool"));
  EXPECT_EQ(again->packages[1].location, "packages/tool-1-1.el9.aarch64.rpm");
  const auto listed = parse_repomd((*files)[1].content, "R");
  ASSERT_TRUE(listed) << listed.error().message;
  EXPECT_EQ((*files)[1].path, "repodata/repomd.xml");
  EXPECT_EQ(listed->path, "repodata/primary.xml");
  EXPECT_EQ(listed->digest, crypto::Digest::of(as_byte_view((*files)[0].content)));
}

}  // namespace
}  // namespace kubeferry::packages

// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/installer/path_mapping.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kubeferry::installer {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

MappingInput input(std::string_view reference, std::string_view content, Kind kind = Kind::image) {
  return {*oci::Reference::parse(reference), crypto::Digest::of(as_byte_view(content)), kind};
}

PathRules rules(std::initializer_list<std::string_view> texts, KeepHost keep_host = KeepHost::no) {
  PathRules out{{}, keep_host};
  for (const auto text : texts) {
    out.rules.push_back(*PathRule::parse(text));
  }
  return out;
}

std::vector<std::string> names(std::vector<MappingInput> inputs, const PathRules& path_rules = {},
                               std::string_view target = "harbor.corp/k8s") {
  const auto mapped = map_paths(inputs, *MirrorTarget::parse(target), path_rules);
  if (!mapped) {
    return {mapped.error().message};
  }
  std::vector<std::string> out;
  for (const Mapping& mapping : *mapped) {
    out.push_back(mapping.repository + ":" + mapping.tag);
  }
  return out;
}

TEST(MirrorTarget, HostPortPrefix) {
  const auto plain = MirrorTarget::parse("127.0.0.1:5000");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->registry, "127.0.0.1:5000");
  EXPECT_EQ(plain->prefix, "");
  EXPECT_EQ(MirrorTarget::parse("harbor.corp/a/b")->prefix, "a/b");
  for (const auto* bad : {"", "https://harbor.corp", "harbor.corp/", "harbor.corp/A", "harbor.corp/a//b", "/a"}) {
    const auto target = MirrorTarget::parse(bad);
    ASSERT_FALSE(target) << bad;
    EXPECT_EQ(target.error().code, ExitCode::usage);
  }
}

TEST(PathRule, SourceStartsWithARegistry) {
  EXPECT_EQ(PathRule::parse("ghcr.io=")->target, "");
  EXPECT_EQ(PathRule::parse("ghcr.io/a/b=c/d")->source, "ghcr.io/a/b");
  for (const auto* bad : {"ghcr.io", "=x", "ghcr.io/=x", "ghcr.io/a=/x", "ghcr.io/a=X", "/a=b"}) {
    EXPECT_FALSE(PathRule::parse(bad)) << bad;
  }
}

TEST(PathMapping, PathsWithoutTheirRegistry) {
  EXPECT_THAT(names({input("registry.k8s.io/pause:3.10", "a"), input("busybox:1", "b"), input("ghcr.io/a/b:v1", "c")}),
              ElementsAre("k8s/pause:3.10", "k8s/library/busybox:1", "k8s/a/b:v1"));
  EXPECT_THAT(names({input("registry.k8s.io/pause:3.10", "a")}, {}, "harbor.corp"), ElementsAre("pause:3.10"));
}

TEST(PathMapping, BothSpellingsOfCoreDns) {
  EXPECT_THAT(names({input("registry.k8s.io/coredns/coredns:v1", "a")}),
              ElementsAre("k8s/coredns/coredns:v1", "k8s/coredns:v1"));
  EXPECT_THAT(names({input("k8s.gcr.io/coredns:1.7.0", "a")}),
              ElementsAre("k8s/coredns:1.7.0", "k8s/coredns/coredns:1.7.0"));
  EXPECT_THAT(names({input("ghcr.io/my-coredns:1", "a")}), ElementsAre("k8s/my-coredns:1"));
}

TEST(PathMapping, ASecondSpellingGivesWayToAnImageOfThatName) {
  EXPECT_THAT(names({input("registry.k8s.io/coredns/coredns:v1", "a"), input("ghcr.io/coredns:v1", "b")}),
              ElementsAre("k8s/coredns/coredns:v1", "k8s/coredns:v1"));
}

TEST(PathMapping, ArtifactsHaveAFolderOfTheirOwn) {
  EXPECT_THAT(names({input("kubeferry.local/site/node-files:1", "a", Kind::artifact)}),
              ElementsAre("k8s/kubeferry/site/node-files:1"));
}

TEST(PathMapping, TheLongestRuleWins) {
  const auto some = rules({"ghcr.io=other", "ghcr.io/a=x", "ghcr.io/a/b=exact", "registry.k8s.io="});
  EXPECT_THAT(names({input("ghcr.io/a/b:1", "a"), input("ghcr.io/a/c:1", "b"), input("ghcr.io/ab/c:1", "c"),
                     input("registry.k8s.io/pause:3", "d")},
                    some),
              ElementsAre("k8s/exact:1", "k8s/x/c:1", "k8s/other/ab/c:1", "k8s/pause:3"));
}

TEST(PathMapping, KeepHost) {
  EXPECT_THAT(
      names({input("registry.k8s.io/pause:3", "a"), input("localhost:5000/x:1", "b")}, rules({}, KeepHost::yes)),
      ElementsAre("k8s/registry.k8s.io/pause:3", "k8s/localhost-5000/x:1"));
}

TEST(PathMapping, CollisionsAreErrorsThatNameBoth) {
  const std::vector<MappingInput> both = {input("ghcr.io/a/b:v1", "x"), input("quay.io/a/b:v1", "y")};
  const auto mapped = map_paths(both, *MirrorTarget::parse("harbor.corp"), {});
  ASSERT_FALSE(mapped);
  EXPECT_EQ(mapped.error().code, ExitCode::usage);
  EXPECT_THAT(mapped.error().message, HasSubstr("ghcr.io/a/b:v1"));
  EXPECT_THAT(mapped.error().message, HasSubstr("quay.io/a/b:v1"));
  EXPECT_THAT(mapped.error().message, HasSubstr("harbor.corp/a/b:v1"));
  EXPECT_THAT(mapped.error().hint, HasSubstr("--keep-host"));
  EXPECT_THAT(names(both, rules({"quay.io/a=quay"})), ElementsAre("k8s/a/b:v1", "k8s/quay/b:v1"));
  EXPECT_THAT(names(both, rules({}, KeepHost::yes)), ElementsAre("k8s/ghcr.io/a/b:v1", "k8s/quay.io/a/b:v1"));
}

TEST(PathMapping, OneImageUnderTwoSourceNamesIsNoCollision) {
  EXPECT_THAT(names({input("ghcr.io/a/b:v1", "x"), input("quay.io/a/b:v1", "x")}),
              ElementsAre("k8s/a/b:v1", "k8s/a/b:v1"));
}

TEST(PathMapping, DigestsCannotCollide) {
  const auto digest = crypto::Digest::of(as_byte_view("x")).to_string();
  const auto other = crypto::Digest::of(as_byte_view("y")).to_string();
  EXPECT_THAT(names({input("ghcr.io/a/b@" + digest, "x"), input("quay.io/a/b@" + other, "y")}),
              ElementsAre("k8s/a/b:", "k8s/a/b:"));
}

TEST(PathMapping, ANameThatIsTooLongIsAnError) {
  const auto mapped =
      names({input("ghcr.io/" + std::string(240, 'a') + ":1", "x")}, {}, "harbor.corp/a-rather-long-prefix");
  ASSERT_EQ(mapped.size(), 1U);
  EXPECT_THAT(mapped[0], HasSubstr("no name of a repository"));
}

}  // namespace
}  // namespace kubeferry::installer

// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/runtime/toml.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kubeferry::runtime {
namespace {

constexpr std::string_view k_sample = R"(# what an administrator wrote
version = 2   # keep
imports = [
  "/a/*.toml", # one
  '/b.toml',
]

[plugins]
  [plugins."io.containerd.grpc.v1.cri"]
    sandbox_image = 'old/pause:1'
    [plugins."io.containerd.grpc.v1.cri".cni]
      bin_dir = "/usr/lib/cni"
	conf_dir = "/etc/cni/net.d" # tab
  [plugins.opt]
    path.to.it = """
long "text" \
   here"""
    when = 1979-05-27 07:32:00Z
    table = { a = 1, b = { c = "d" } }

[[stream]]
name = "x"
)";

TomlText parsed(std::string_view text) {
  auto toml = TomlText::parse(std::string(text), "config.toml");
  EXPECT_TRUE(toml) << toml.error().message;
  return toml.value();
}

std::string after(std::string_view text, const TomlPath& path, std::string_view value) {
  TomlText toml = parsed(text);
  const Status status = toml.set(path, value);
  EXPECT_TRUE(status) << status.error().message;
  return toml.text();
}

TEST(Toml, ReadsValuesWhereverTheyStand) {
  const TomlText toml = parsed(k_sample);
  EXPECT_EQ(toml.raw({"version"}), "2");
  EXPECT_EQ(toml.strings({"imports"}), (std::vector<std::string>{"/a/*.toml", "/b.toml"}));
  const TomlPath cri = {"plugins", "io.containerd.grpc.v1.cri"};
  EXPECT_EQ(toml.string({"plugins", "io.containerd.grpc.v1.cri", "sandbox_image"}), "old/pause:1");
  EXPECT_EQ(toml.string({"plugins", "io.containerd.grpc.v1.cri", "cni", "conf_dir"}), "/etc/cni/net.d");
  EXPECT_EQ(toml.string({"plugins", "opt", "path", "to", "it"}), "long \"text\" here");
  EXPECT_EQ(toml.raw({"plugins", "opt", "when"}), "1979-05-27 07:32:00Z");
  EXPECT_EQ(toml.string({"plugins", "opt", "table", "b", "c"}), "d");
  EXPECT_EQ(toml.string({"plugins", "opt", "table", "a"}), std::nullopt);
  EXPECT_TRUE(toml.has(cri));
  EXPECT_FALSE(toml.has({"plugins", "other"}));
  EXPECT_THAT(toml.names_below({"plugins"}), testing::ElementsAre("io.containerd.grpc.v1.cri", "opt"));
}

TEST(Toml, ReplacesAValueAndNothingElse) {
  std::string want(k_sample);
  want.replace(want.find("'old/pause:1'"), 13, "\"new\"");
  EXPECT_EQ(after(k_sample, {"plugins", "io.containerd.grpc.v1.cri", "sandbox_image"}, "\"new\""), want);
  // The same said in another way stays as it is.
  EXPECT_EQ(after(k_sample, {"plugins", "io.containerd.grpc.v1.cri", "sandbox_image"}, "\"old/pause:1\""), k_sample);
  want = k_sample;
  want.replace(want.find("\"d\""), 3, "\"e\"");
  EXPECT_EQ(after(k_sample, {"plugins", "opt", "table", "b", "c"}, "\"e\""), want);
}

TEST(Toml, AddsToATableThatIsThere) {
  EXPECT_EQ(after("[a]\n  [a.b] # here\n  c = 1\n", {"a", "b", "d"}, "true"),
            "[a]\n  [a.b] # here\n    d = true\n  c = 1\n");
}

TEST(Toml, AddsATableAtTheEnd) {
  EXPECT_EQ(after("x = 1", {"a", "b.c", "d"}, "true"), "x = 1\n\n[a.\"b.c\"]\n  d = true\n");
  EXPECT_EQ(after("", {"a", "d"}, "true"), "[a]\n  d = true\n");
}

TEST(Toml, GoesOnWithDottedKeys) {
  EXPECT_EQ(after("[a]\nb.c = 1\n[z]\n", {"a", "b", "d"}, "2"), "[a]\nb.c = 1\nb.d = 2\n[z]\n");
}

TEST(Toml, AddsTopKeysBeforeTables) {
  EXPECT_EQ(after("# licence\nroot = \"/x\"\n\n[a]\nb = 1\n", {"version"}, "2"),
            "# licence\nroot = \"/x\"\nversion = 2\n\n[a]\nb = 1\n");
  EXPECT_EQ(after("# licence\n[a]\nb = 1\n", {"version"}, "2"), "# licence\nversion = 2\n[a]\nb = 1\n");
}

TEST(Toml, AddsNothingWhereNothingCanBeAdded) {
  for (const auto& [text, path] : std::vector<std::pair<std::string, TomlPath>>{
           {"a = { b = 1 }\n", {"a", "c"}}, {"a.b = 1\n", {"a", "b", "c"}}, {"[[a]]\nb = 1\n", {"a", "c"}}}) {
    TomlText toml = parsed(text);
    const Status status = toml.set(path, "2");
    ASSERT_FALSE(status) << text;
    EXPECT_EQ(status.error().code, ExitCode::unsupported_host);
    EXPECT_EQ(toml.text(), text);
  }
}

TEST(Toml, RefusesWhatIsNone) {
  for (const std::string text : {"a", "a =\n", "= 1\n", "[a\n", "[[a]\n", "a = \"x\n", "a = [1 2]\n", "a = { b 1 }\n",
                                 "a = 1 2\n", "a = \"\"\"x\n", "a = [\n", "\"\\q\" = 1\n", "[a] b\n"}) {
    const auto toml = TomlText::parse("ok = 1\n" + text, "config.toml");
    ASSERT_FALSE(toml) << text;
    EXPECT_EQ(toml.error().code, ExitCode::format);
    EXPECT_THAT(toml.error().message, testing::StartsWith("config.toml:"));
  }
  EXPECT_EQ(TomlText::parse("a = " + std::string(100000, '['), "x").error().code, ExitCode::format);
}

TEST(Toml, NamesTheLine) {
  EXPECT_THAT(TomlText::parse("a = 1\n\nb\n", "config.toml").error().message, testing::StartsWith("config.toml:3: "));
}

TEST(Toml, WritesKeysAndStrings) {
  EXPECT_EQ(toml_key(TomlPath{"plugins", "io.x", "a-b_1"}), "plugins.\"io.x\".a-b_1");
  EXPECT_EQ(to_toml(std::string_view("a\"b\\c\n")), "\"a\\\"b\\\\c\\u000a\"");
  EXPECT_EQ(to_toml(std::vector<std::string>{"a", "b"}), "[\"a\", \"b\"]");
}

}  // namespace
}  // namespace kubeferry::runtime

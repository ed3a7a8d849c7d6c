// SPDX-License-Identifier: Apache-2.0
#include "yaml_node.hpp"

#include <gtest/gtest.h>

namespace kubeferry::kubeadm {
namespace {

std::string again(std::string_view text) {
  const auto documents = parse_yaml(text, "in.yaml");
  return documents ? emit_yaml(*documents) : documents.error().message;
}

TEST(Yaml, ScalarsKeepTheirType) {
  // Left: as written; right: as written again.
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"1", "1"},
      {"\"1\"", "\"1\""},
      {"'0.9'", "\"0.9\""},
      {"0.9", "0.9"},
      {"1.20", "1.20"},
      {"true", "true"},
      {"\"true\"", "\"true\""},
      {"yes", "yes"},
      {"'yes'", "\"yes\""},
      {"0x1F", "0x1F"},
      {"-1e+5", "-1e+5"},
      {".inf", ".inf"},
      {"-.inf", "-.inf"},
      {"12:30:45", "12:30:45"},
      {"1_000", "1_000"},
      {"2026-11-21", "2026-11-21"},
      {"~", "null"},
      {"", "null"},
      {"\"\"", "\"\""},
      {"\"~\"", "\"~\""},
      {"'null'", "\"null\""},
      {"v1.20.2", "v1.20.2"},
      {"\"v1.20.2\"", "v1.20.2"},
      {"/var/lib/etcd", "/var/lib/etcd"},
      {"unix:///run/a.sock", "unix:///run/a.sock"},
      {"two words", "\"two words\""},
      {"\"a: b # c\"", "\"a: b # c\""},
      {"'it''s \\ \"so\"'", "\"it's \\\\ \\\"so\\\"\""},
      {"\"\\t\\x01\\u0085\\u2028\\ufeff\\u00e9\"", "\"\\t\\x01\\x85\\L\\ufeff\xc3\xa9\""},
      {"!!str 1", "\"1\""},
      {"!!int \"1\"", "1"},
      {"\"fd00::\"", "\"fd00::\""},
      {"'-'", "\"-\""},
      {"'::1'", "\"::1\""},
      {"[]", "[]"},
      {"{}", "{}"},
  };
  for (const auto& [written, wanted] : cases) {
    EXPECT_EQ(again("key: " + std::string(written) + "\n"), "key: " + std::string(wanted) + "\n") << written;
    EXPECT_EQ(again(again("key: " + std::string(written))), "key: " + std::string(wanted) + "\n") << written;
  }
}

TEST(Yaml, TextOfManyLinesStaysWhole) {
  EXPECT_EQ(again("a: |\n  one\n   two\n\n  three\nb: >-\n  one\n  two\nc: |+\n  end\n\n"),
            "a: \"one\\n two\\n\\nthree\\n\"\nb: \"one two\"\nc: \"end\\n\\n\"\n");
}

TEST(Yaml, CollectionsOfAnyDepth) {
  const std::string_view text =
      "a:\n  b:\n    - c: 1\n      d:\n        - - x\n          - y\n        -\n          - z\n    - []\n    - {e: {}, "
      "f: [g, {h: i}]}\n"
      "\"2\": k\n";
  const std::string_view wanted =
      "a:\n"
      "  b:\n"
      "    - c: 1\n"
      "      d:\n"
      "        - - x\n"
      "          - y\n"
      "        - - z\n"
      "    - []\n"
      "    - e: {}\n"
      "      f:\n"
      "        - g\n"
      "        - h: i\n"
      "\"2\": k\n";
  EXPECT_EQ(again(text), wanted);
  EXPECT_EQ(again(wanted), wanted);
}

TEST(Yaml, ManyDocumentsAndJson) {
  EXPECT_EQ(again("# nothing\n---\na: 1\n---\n---\nb: 2\n...\n"), "a: 1\n---\nb: 2\n");
  EXPECT_EQ(again(R"({"a": [1, "1", null, true], "b": {"c": "d\u00e9"}})"),
            "a:\n  - 1\n  - \"1\"\n  - null\n  - true\nb:\n  c: \"d\xc3\xa9\"\n");
}

TEST(Yaml, AnchorsAndMergeKeysAreResolved) {
  EXPECT_EQ(again("base: &b {x: 1, y: 2}\nuse: *b\nmore:\n  y: 3\n  <<: *b\n"),
            "base:\n  x: 1\n  y: 2\nuse:\n  x: 1\n  y: 2\nmore:\n  y: 3\n  x: 1\n");
  EXPECT_EQ(again("a: &a {x: 1}\nb: &b {x: 2, z: 3}\nc:\n  <<: [*a, *b]\n"),
            "a:\n  x: 1\nb:\n  x: 2\n  z: 3\nc:\n  x: 1\n  z: 3\n");
}

struct Refusal {
  std::string text;
  std::string message;
  ExitCode code = ExitCode::usage;
};

TEST(Yaml, SaysWhereItIsWrong) {
  std::string bomb = "a0: &a0 [x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string before = "*a" + std::to_string(i - 1) + " ";
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before + ", " + before + ", " + before +
            ", " + before + "]\n";
  }
  const Refusal cases[] = {
      {"a: 1\nb: 2\na: 3\n", "in.yaml:3:1: duplicate key \"a\""},
      {"a: [1, 2\n", "in.yaml:2:1: "},
      {"a: !local x\n", "in.yaml:1:4: the tag !local is not known"},
      {"a: !!binary eA==\n", "in.yaml:1:4: the tag tag:yaml.org,2002:binary is not known"},
      {"? [a]\n: b\n", "in.yaml:1:3: a key must be short text"},
      {"a: *none\n", "in.yaml:1:"},
      {"a: &a [*a]\n", "in.yaml:1:8: an alias inside what it stands for"},
      {"a: 1\n<<: 2\n", "in.yaml:2:5: << must name a mapping or a list of mappings"},
      {std::string("a: \0b\n", 6), "in.yaml:1: control character"},
      {"a: " + std::string(100, '[') + std::string(100, ']'), "nested more than", ExitCode::limit},
      {bomb, "more than 20000 values", ExitCode::limit},
      {std::string(2 << 20, ' '), "larger than", ExitCode::limit},
  };
  for (const Refusal& refusal : cases) {
    const auto parsed = parse_yaml(refusal.text, "in.yaml");
    ASSERT_FALSE(parsed) << refusal.message;
    EXPECT_EQ(parsed.error().code, refusal.code) << parsed.error().message;
    EXPECT_NE(parsed.error().message.find(refusal.message), std::string::npos) << parsed.error().message;
  }
}

TEST(Yaml, HidesSecretsOnRequest) {
  const auto documents = parse_yaml(
      "bootstrapTokens:\n  - token: abcdef.0123456789abcdef\n    ttl: 1h\ncertificateKey: ff\n"
      "discovery: {tlsBootstrapToken: x, bootstrapToken: {token: y}}\ntoken: \"\"\n",
      "in.yaml");
  EXPECT_EQ(emit_yaml(documents.value(), SecretValues::hidden),
            "bootstrapTokens:\n  - token: (secret)\n    ttl: 1h\ncertificateKey: (secret)\ndiscovery:\n"
            "  tlsBootstrapToken: (secret)\n  bootstrapToken:\n    token: (secret)\ntoken: \"\"\n");
}

TEST(Yaml, OurOwnTextStaysText) {
  YamlNode node = YamlNode::mapping();
  node.set("a", YamlNode::string("1.20"));
  node.set("b", YamlNode::string("no"));
  node.set("c", YamlNode::string("node-1"));
  node.set("f", YamlNode::literal("6443"));
  node.set("e", YamlNode::string("10.0.0.0/16"));
  EXPECT_EQ(emit_yaml(std::vector{node}), "a: \"1.20\"\nb: \"no\"\nc: node-1\nf: 6443\ne: \"10.0.0.0/16\"\n");
}

}  // namespace
}  // namespace kubeferry::kubeadm

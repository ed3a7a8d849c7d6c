// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "spec_text.hpp"

namespace kubeferry::catalog {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

struct Wrong {
  std::string_view name;
  std::string text;
  std::string_view place;    ///< "7:1"
  std::string_view problem;  ///< part of the message
  ExitCode code = ExitCode::usage;
};

std::ostream& operator<<(std::ostream& out, const Wrong& wrong) { return out << wrong.name; }

class SpecErrors : public testing::TestWithParam<Wrong> {};

TEST_P(SpecErrors, SayWhere) {
  const Wrong& wrong = GetParam();
  const auto spec = parse(wrong.text);
  ASSERT_FALSE(spec);
  EXPECT_EQ(spec.error().code, wrong.code);
  EXPECT_THAT(spec.error().message, StartsWith("/specs/site.yaml:" + std::string(wrong.place) + ": "));
  EXPECT_THAT(spec.error().message, HasSubstr(std::string(wrong.problem)));
}

std::string repeat(std::string_view text, int times) {
  std::string result;
  for (int i = 0; i < times; ++i) {
    result += text;
  }
  return result;
}

// SECURITY M43: what YAML makes possible.
INSTANTIATE_TEST_SUITE_P(
    Yaml, SpecErrors,
    testing::Values(
        Wrong{"duplicate", spec_with("name: other\n"), "7:1", "duplicate key \"name\""},
        Wrong{"nested_duplicate", spec_with("cni: {name: flannel, name: calico}\n"), "7:22", "duplicate key \"name\""},
        Wrong{"anchor", spec_with("images: &a [busybox]\n"), "7:9", "anchors"},
        Wrong{"alias", spec_with("images: *a\n"), "7:9", "anchor"},
        Wrong{"self_alias", spec_with("images: &a [*a]\n"), "7:9", "anchors"},
        Wrong{"bomb", spec_with("a: &a [x,x]\nb: &b [*a,*a]\n"), "7:4", "anchors"},
        Wrong{"tag", spec_with("images: !!python/object [x]\n"), "7:9", "tags"},
        Wrong{"scalar_tag", spec_with("audience: !x y\n"), "7:11", "tags"},
        Wrong{"deep", spec_with("images: " + repeat("[", 100) + repeat("]", 100) + "\n"), "7:40", "32 levels",
              ExitCode::limit},
        Wrong{"very_deep", spec_with("images: " + repeat("[", 70'000) + "\n"), "7:65543", "65536 brackets",
              ExitCode::limit},
        Wrong{"deep_in_blocks", spec_with("images: " + repeat("- ", 600) + "\n"), "7:9", "block entry"},
        Wrong{"nul", spec_with(std::string("audience: a\0b\n", 14)), "7:12", "control character"},
        Wrong{"escape", spec_with("audience: a\x1b[2J\n"), "7:12", "control character"},
        Wrong{"bom", "\xef\xbb\xbf" + spec_with(""), "1:1", "byte order mark"},
        Wrong{"tab", spec_with("cni:\n\tname: flannel\n"), "8:1", "a tab"},
        Wrong{"boolean", spec_with("audience: no\n"), "7:11", "boolean"},
        Wrong{"number", "apiVersion: kubeferry/v1\nkind: Bundle\nname: a\nversion: 1.30\n", "4:10", "a number"},
        Wrong{"octal", spec_with("files: [{file: x, path: /usr/local/bin/x, mode: 0777}]\n"), "7:49", "in quotes"},
        Wrong{"complex_key", spec_with("? [a]\n: b\n"), "7:3", "a key must be"},
        Wrong{"unclosed", spec_with("images: [a\n"), "8:1", "end of sequence"},
        Wrong{"merge", spec_with("<<: {name: x}\n"), "7:1", "unknown key"}),
    [](const auto& each) { return std::string(each.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Keys, SpecErrors,
    testing::Values(
        Wrong{"unknown", spec_with("imges: [busybox]\n"), "7:1", "unknown key \"imges\""},
        Wrong{"unknown_nested", spec_with("cni: {name: flannel, podCidr: 10.0.0.0/8}\n"), "7:22",
              "cni: unknown key \"podCidr\""},
        Wrong{"missing", "apiVersion: kubeferry/v1\nkind: Bundle\nname: a\n", "1:1", "\"version\" is missing"},
        Wrong{"wrong_kind", "apiVersion: kubeferry/v1\nkind: Pod\n", "2:7", "must be Bundle"},
        Wrong{"wrong_api", "apiVersion: v1\n", "1:13", "must be kubeferry/v1"},
        Wrong{"list_for_text", spec_with("audience: [a]\n"), "7:11", "must be text, is a list"},
        Wrong{"text_for_list", spec_with("images: busybox\n"), "7:9", "must be a list, is a single value"},
        Wrong{"nothing_for_list", spec_with("images:\n"), "7:1", "must be a list, is nothing"},
        Wrong{"mapping_for_list", spec_with("files: {a: b}\n"), "7:8", "must be a list, is a mapping"},
        Wrong{"list_at_the_top", "- apiVersion: kubeferry/v1\n", "1:1", "must be a mapping"},
        Wrong{"nothing_asked", "apiVersion: kubeferry/v1\nkind: Bundle\nname: a\nversion: \"1\"\nplatforms: all\n",
              "1:1", "asks for nothing"}),
    [](const auto& each) { return std::string(each.param.name); });

// SECURITY M44: values that end up in commands and paths.
INSTANTIATE_TEST_SUITE_P(
    Values, SpecErrors,
    testing::Values(
        Wrong{"option", "apiVersion: kubeferry/v1\nkind: Bundle\nname: --help\n", "3:7", "must start with"},
        Wrong{"slash", "apiVersion: kubeferry/v1\nkind: Bundle\nname: a/b\n", "3:7", "must start with"},
        Wrong{"kubernetes_option",
              "apiVersion: kubeferry/v1\nkind: Bundle\nname: a\nversion: \"1\"\nplatforms: all\n"
              "kubernetes: --config=x\n",
              "6:13", "no Kubernetes version"},
        Wrong{"image_dots", spec_with("images: [a/../b]\n"), "7:10", "no image reference"},
        Wrong{"image_upper", spec_with("images: [docker.io/Nginx]\n"), "7:10", "no image reference"},
        Wrong{"image_newline", spec_with("images: [\"a\\nb\"]\n"), "7:10", "no image reference"},
        Wrong{"image_twice", spec_with("images: [a, a]\n"), "7:13", "there twice"},
        Wrong{"platform", spec_with("files: [{file: x, path: /usr/local/bin/x, platform: linux/amd46}]\n"), "7:53",
              "unknown platform"},
        Wrong{"platform_not_in_bundle",
              spec_with("files: [{file: x, path: /usr/local/bin/x, platform: linux/s390x}]\n"), "7:9",
              "none of the bundle's platforms"},
        Wrong{"path_dots", spec_with("files: [{file: x, path: /usr/local/bin/../../../etc/passwd}]\n"), "7:25",
              "files[0].path"},
        Wrong{"path_outside", spec_with("files: [{file: x, path: /etc/passwd}]\n"), "7:25", "files[0].path"},
        Wrong{"path_twice", spec_with("files: [{file: x, path: /opt/cni/bin/x}, {file: z, path: /opt/cni/bin/x}]\n"),
              "7:42", "there twice"},
        Wrong{"setuid", spec_with("files: [{file: x, path: /usr/local/bin/x, mode: \"4755\"}]\n"), "7:49", "4755"},
        Wrong{"url_without_hash", spec_with("files: [{url: \"https://a/x\", path: /usr/local/bin/x}]\n"), "7:9",
              "\"sha256\" is missing"},
        Wrong{"url_and_file", spec_with("files: [{url: \"https://a/x\", file: y, path: /usr/local/bin/x}]\n"), "7:9",
              "either url or file"},
        Wrong{"url_scheme", spec_with("files: [{url: \"file:///etc/passwd\", path: /usr/local/bin/x}]\n"), "7:15",
              "no http(s) URL"},
        Wrong{"short_hash", spec_with("files: [{file: x, sha256: abc, path: /usr/local/bin/x}]\n"), "7:27",
              "64 lower-case"},
        Wrong{"cidr", spec_with("cni: {name: flannel, podCIDR: 10.244.0.0}\n"), "7:31", "no prefix length"},
        Wrong{"plain_endpoint", spec_with("upstreams: {a.b: {endpoint: \"http://c\"}}\n"), "7:29", "is not encrypted"},
        Wrong{"password_alone", spec_with("upstreams: {a.b: {endpoint: \"https://c\", username: u}}\n"), "7:18",
              "go together"},
        Wrong{"host", spec_with("upstreams: {\"a;b\": {endpoint: \"https://c\"}}\n"), "7:20", "no host"},
        Wrong{"endpoint_user", spec_with("upstreams: {a.b: {endpoint: \"https://u:p@c\"}}\n"), "7:29",
              "no http(s) URL"},
        Wrong{"missing_policy", spec_with("missing: ignore\n"), "7:10", "must be fail or skip"},
        Wrong{"sequence", spec_with("sequence: 9007199254740992\n"), "7:11", "whole number"},
        Wrong{"sequence_negative", spec_with("sequence: -1\n"), "7:11", "whole number"},
        Wrong{"sequence_octal", spec_with("sequence: 010\n"), "7:11", "whole number"},
        Wrong{"not_after", spec_with("notAfter: tomorrow\n"), "7:11", "must be a time"},
        Wrong{"level", spec_with("compressionLevel: 20\n"), "7:19", "from 1 to 19"}),
    [](const auto& each) { return std::string(each.param.name); });

TEST(SpecHints, NameTheNearestKey) {
  EXPECT_EQ(parse(spec_with("imges: [busybox]\n")).error().hint, "did you mean \"images\"?");
  EXPECT_EQ(parse(spec_with("cni: {name: flannel, podCidr: 10.0.0.0/8}\n")).error().hint, "did you mean \"podCIDR\"?");
  EXPECT_THAT(parse(spec_with("quxx: 1\n")).error().hint, StartsWith("valid keys are apiVersion, kind, "));
}

TEST(SpecLimits, SizeAndCount) {
  const auto large = parse(spec_with("# " + std::string(k_max_spec_bytes, 'x') + "\n"));
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().code, ExitCode::limit);
  const auto many = parse(spec_with("images: [" + repeat("a,", 100'001) + "a]\n"));
  ASSERT_FALSE(many);
  EXPECT_EQ(many.error().code, ExitCode::limit);
}

TEST(SpecDocuments, OneOnly) {
  EXPECT_THAT(parse(spec_with("---\na: b\n")).error().message, HasSubstr("2 YAML documents"));
}

TEST(SpecSecrets, APasswordInTheSpecIsNotRepeated) {
  const auto spec = parse(spec_with("upstreams: {a.b: {endpoint: \"https://c\", password: hunter2}}\n"));
  ASSERT_FALSE(spec);
  EXPECT_THAT(spec.error().message, HasSubstr("unknown key \"password\""));
  EXPECT_THAT(spec.error().hint, HasSubstr("passwordFile"));
  EXPECT_THAT(spec.error().message + spec.error().hint, testing::Not(HasSubstr("hunter2")));
}

}  // namespace
}  // namespace kubeferry::catalog

// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/oci/reference.hpp>

#include <gtest/gtest.h>

namespace kubeferry::oci {
namespace {

const std::string k_some_digest = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

struct Good {
  std::string text;
  std::string full;
  std::string familiar;
};
class GoodReferences : public testing::TestWithParam<Good> {};
INSTANTIATE_TEST_SUITE_P(
    Reference, GoodReferences,
    testing::Values(Good{"busybox", "docker.io/library/busybox", "busybox"},
                    Good{"busybox:1.36", "docker.io/library/busybox:1.36", "busybox:1.36"},
                    Good{"library/busybox", "docker.io/library/busybox", "busybox"},
                    Good{"docker.io/busybox", "docker.io/library/busybox", "busybox"},
                    Good{"index.docker.io/busybox", "docker.io/library/busybox", "busybox"},
                    Good{"flannel/flannel:v1", "docker.io/flannel/flannel:v1", "flannel/flannel:v1"},
                    Good{"docker.io/library/a/b", "docker.io/library/a/b", "library/a/b"},
                    Good{"registry.k8s.io/pause:3.10", "registry.k8s.io/pause:3.10", "registry.k8s.io/pause:3.10"},
                    Good{"registry.k8s.io/coredns/coredns:v1.12.1", "registry.k8s.io/coredns/coredns:v1.12.1",
                         "registry.k8s.io/coredns/coredns:v1.12.1"},
                    Good{"registry.k8s.io/etcd:3.7.0-rc.0-0", "registry.k8s.io/etcd:3.7.0-rc.0-0",
                         "registry.k8s.io/etcd:3.7.0-rc.0-0"},
                    Good{"localhost/x", "localhost/x", "localhost/x"},
                    Good{"localhost:5000/x:y", "localhost:5000/x:y", "localhost:5000/x:y"},
                    Good{"localhost:5000", "docker.io/library/localhost:5000", "localhost:5000"},
                    Good{"127.0.0.1:5000/a/b/c", "127.0.0.1:5000/a/b/c", "127.0.0.1:5000/a/b/c"},
                    Good{"[::1]:5000/x", "[::1]:5000/x", "[::1]:5000/x"},
                    Good{"[fd00::1]/x:t", "[fd00::1]/x:t", "[fd00::1]/x:t"}, Good{"MyHost/x", "MyHost/x", "MyHost/x"},
                    Good{"a/b-c/d__e/f.g/h_i/j---k", "docker.io/a/b-c/d__e/f.g/h_i/j---k", "a/b-c/d__e/f.g/h_i/j---k"},
                    Good{"quay.io/a/b@" + k_some_digest, "quay.io/a/b@" + k_some_digest,
                         "quay.io/a/b@" + k_some_digest},
                    Good{"quay.io/cilium/cilium:v1@" + k_some_digest, "quay.io/cilium/cilium:v1@" + k_some_digest,
                         "quay.io/cilium/cilium:v1@" + k_some_digest},
                    Good{"x:_tag", "docker.io/library/x:_tag", "x:_tag"},
                    Good{"x:UPPER", "docker.io/library/x:UPPER", "x:UPPER"},
                    Good{"x:" + std::string(128, 't'), "docker.io/library/x:" + std::string(128, 't'),
                         "x:" + std::string(128, 't')}));

TEST_P(GoodReferences, AreRead) {
  const auto reference = Reference::parse(GetParam().text);
  ASSERT_TRUE(reference) << reference.error().message;
  EXPECT_EQ(reference->to_string(), GetParam().full);
  EXPECT_EQ(reference->familiar(), GetParam().familiar);
  EXPECT_EQ(Reference::parse(reference->to_string()).value(), *reference);
  EXPECT_EQ(Reference::parse(reference->familiar()).value(), *reference);
}

// SECURITY.md M44 and M45.
struct Bad {
  std::string text;
  std::string says;
};
class BadReferences : public testing::TestWithParam<Bad> {};
INSTANTIATE_TEST_SUITE_P(
    Reference, BadReferences,
    testing::Values(Bad{"", "empty"}, Bad{"https://registry.k8s.io/pause", "without http://"},
                    Bad{"registry.k8s.io/Pause:3.10", "lower case"}, Bad{"Busybox", "lower case"},
                    Bad{"../../etc/passwd", "registry"}, Bad{"registry.k8s.io/../x", "words"},
                    Bad{"registry.k8s.io/a/../x", "words"}, Bad{"a//b", "words"}, Bad{"a/", "words"},
                    Bad{"registry.k8s.io/", "missing"}, Bad{"/a", "words"}, Bad{"-a/b", "words"}, Bad{"a-/b", "words"},
                    Bad{"a..b/c/", "registry"}, Bad{"x/a..b", "words"}, Bad{"x/a___b", "words"}, Bad{"x/a._b", "words"},
                    Bad{"x/_a", "words"}, Bad{"a:b:c", "words"}, Bad{"a:", "tag"}, Bad{"a:-x", "tag"},
                    Bad{"a:.x", "tag"}, Bad{"a:x y", "tag"}, Bad{"a:x\n", "tag"}, Bad{"a;rm -rf", "words"},
                    Bad{"a$(id)", "words"}, Bad{"a:" + std::string(129, 't'), "tag"}, Bad{"host:0/x", "registry"},
                    Bad{"host:65536/x", "registry"}, Bad{"host:x/y", "registry"}, Bad{"host:/y", "registry"},
                    Bad{"host:00080/y", "registry"}, Bad{"ho_st.io/x", "registry"}, Bad{"-host.io/x", "registry"},
                    Bad{"host-.io/x", "registry"}, Bad{"user@host.io/x", "digest"}, Bad{"[::1/x", "registry"},
                    Bad{"[zz]/x", "registry"}, Bad{std::string("[::3\0]]/x", 9), "registry"},
                    Bad{"[::1]x/y", "registry"}, Bad{"a@" + k_some_digest + "@" + k_some_digest, "hex digits"},
                    Bad{"a@" + k_some_digest.substr(0, 70), "hex digits"}, Bad{"a@md5:00", "sha256"},
                    Bad{"a@", "sha256"}, Bad{"a@sha256:" + std::string(64, 'A'), "lower-case hex"},
                    Bad{"@" + k_some_digest, "missing"}, Bad{k_some_digest.substr(7), "id"},
                    Bad{"caf\xc3\xa9", "words"}, Bad{std::string("a\0b", 3), "words"},
                    Bad{std::string(5000, 'a'), "too long"}, Bad{"host.io/" + std::string(248, 'a'), "255"},
                    Bad{"host.io/" + std::string(256, 'a'), "words"}));

TEST_P(BadReferences, AreRefusedWithAReason) {
  const auto reference = Reference::parse(GetParam().text);
  ASSERT_FALSE(reference) << reference->to_string();
  EXPECT_EQ(reference.error().code, ExitCode::usage);
  EXPECT_NE(reference.error().message.find(GetParam().says), std::string::npos) << reference.error().message;
}

TEST(Reference, LongestNameFits) { EXPECT_TRUE(Reference::parse("host.io/" + std::string(247, 'a'))); }

TEST(Reference, AsksForDigestThenTagThenLatest) {
  EXPECT_EQ(Reference::parse("x:t@" + k_some_digest).value().tag_or_digest(), k_some_digest);
  EXPECT_EQ(Reference::parse("x:t").value().tag_or_digest(), "t");
  EXPECT_EQ(Reference::parse("x").value().tag_or_digest(), "latest");
  EXPECT_EQ(Reference::parse("x").value().with_default_tag().to_string(), "docker.io/library/x:latest");
  EXPECT_FALSE(Reference::parse("x@" + k_some_digest).value().with_default_tag().tag);
}

TEST(Reference, FamiliarNeverMeansAnother) {
  const Reference odd{"docker.io", "k8s.io/pause", std::nullopt, std::nullopt};
  EXPECT_EQ(odd.familiar(), "docker.io/k8s.io/pause");
  EXPECT_EQ(Reference::parse(odd.familiar()).value(), odd);
  const std::string id(64, 'b');
  EXPECT_EQ(Reference::parse("docker.io/" + id).value().familiar(), "library/" + id);
}

TEST(Grammar, OfSingleParts) {
  EXPECT_TRUE(is_repository("a/b"));
  EXPECT_FALSE(is_repository(""));
  EXPECT_FALSE(is_repository("a/../b"));
  EXPECT_FALSE(is_repository(std::string(256, 'a')));
  EXPECT_TRUE(is_tag("v1.0_x-y"));
  EXPECT_FALSE(is_tag("sha256:abc"));
  EXPECT_TRUE(is_registry("registry.k8s.io:443"));
  EXPECT_TRUE(is_registry("[::1]"));
  EXPECT_FALSE(is_registry(""));
  EXPECT_FALSE(is_registry("a/b"));
  EXPECT_FALSE(is_registry("a b"));
}

}  // namespace
}  // namespace kubeferry::oci

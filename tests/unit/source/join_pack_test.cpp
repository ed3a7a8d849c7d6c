// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/source/join_pack.hpp>

#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <kubeferry/base/json.hpp>
#include <kubeferry/source/join_values.hpp>

#include "running_server.hpp"
#include "sample.hpp"

namespace kubeferry::source {
namespace {

using bundle::testing_support::file_text;
using bundle::testing_support::Folder;
using bundle::testing_support::write_text;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string k_token = "abcdef.0123456789abcdef";
const std::string k_hash = "sha256:" + std::string(64, 'a');
const std::string k_key(64, 'e');

TimePoint at(std::string_view text) { return *parse_rfc3339(text); }

JoinPack full_pack() {
  JoinPack pack;
  pack.created = at("2026-11-21T10:00:00Z");
  pack.cluster_name = "site";
  pack.kubernetes_version = "v1.34.2";
  pack.endpoint = "10.0.0.1:6443";
  pack.ca_cert_hashes = {k_hash};
  pack.token = crypto::SecretText(k_token);
  pack.token_expires = at("2026-11-22T10:00:00Z");
  pack.certificate_key = CertificateKey{crypto::SecretText(k_key), at("2026-11-21T12:00:00Z")};
  pack.registries = {{"10.0.0.1:5000", "", false}, {"harbor.site", "k8s", true}};
  static const std::string authority = registry_server::make_identity().authority_pem;
  pack.registry_ca = authority;
  pack.bundle_manifest = crypto::Digest::of(as_byte_view("manifest"));
  pack.image_repository = "harbor.site/k8s";
  pack.pod_subnet = "10.244.0.0/16,fd00::/48";
  pack.cri_socket = "unix:///run/containerd/containerd.sock";
  pack.dns_domain = "cluster.local";
  pack.cgroup_driver = "cgroupfs";
  pack.fail_cgroup_v1 = false;
  return pack;
}

std::string text_of(const JoinPack& pack) { return std::string(to_text(pack).view()); }

/// The full pack's text with the first `from` replaced.
std::string with(std::string_view from, std::string_view to) {
  std::string text = text_of(full_pack());
  const auto found = text.find(from);
  EXPECT_NE(found, std::string::npos) << from;
  return text.replace(found, from.size(), to);
}

/// The error of parsing; the token must never be in it.
Error refused(const std::string& text) {
  auto pack = parse_join_pack(text, "join.pack");
  EXPECT_FALSE(pack) << text;
  if (pack) {
    return {};
  }
  for (const std::string& shown : {pack.error().message, pack.error().hint}) {
    EXPECT_THAT(shown, Not(HasSubstr("0123456789"))) << "a secret is shown";
  }
  return std::move(pack.error());
}

TEST(JoinPack, ComesBackAsItWent) {
  const JoinPack pack = full_pack();
  const auto again = parse_join_pack(text_of(pack), "join.pack");
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(text_of(*again), text_of(pack));
  EXPECT_EQ(again->token.view(), k_token);
  EXPECT_EQ(again->certificate_key->key.view(), k_key);
  EXPECT_EQ(again->certificate_key->expires, pack.certificate_key->expires);
  EXPECT_EQ(again->registries, pack.registries);
  EXPECT_EQ(again->bundle_manifest, pack.bundle_manifest);
  EXPECT_EQ(again->pod_subnet, pack.pod_subnet);
}

TEST(JoinPack, WhatIsOptionalMayBeAbsent) {
  JoinPack pack = full_pack();
  pack.certificate_key.reset();
  pack.registry_ca.clear();
  pack.image_repository.clear();
  pack.pod_subnet.clear();
  pack.cri_socket.clear();
  pack.dns_domain.clear();
  pack.cgroup_driver.clear();
  pack.cluster_name.clear();
  const auto again = parse_join_pack(text_of(pack), "join.pack");
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_FALSE(again->certificate_key);
  EXPECT_EQ(text_of(*again), text_of(pack));
}

TEST(JoinPack, FormOfWhatAdmits) {
  for (const std::string& bad :
       std::vector<std::string>{"abcdef.0123456789abcde", "abcdef.0123456789abcdeff", "abcdef-0123456789abcdef",
                                "ABCDEF.0123456789abcdef", "abcdef", ""}) {
    EXPECT_EQ(refused(with(k_token, bad)).code, ExitCode::usage) << bad;
  }
  const std::string long_hash(128, 'a');
  for (const std::string& bad : std::vector<std::string>{"sha512:" + long_hash, "sha256:" + std::string(64, 'A'),
                                                         "sha256:" + std::string(63, 'a'), std::string(64, 'a'),
                                                         std::string("unsafe-skip-ca-verification"), std::string()}) {
    EXPECT_EQ(refused(with(k_hash, bad)).code, ExitCode::usage) << bad;
  }
  EXPECT_EQ(refused(with(k_key, "0123")).code, ExitCode::usage);
  JoinPack pack = full_pack();
  pack.ca_cert_hashes.clear();
  EXPECT_EQ(refused(text_of(pack)).code, ExitCode::usage) << "never without a hash";
}

TEST(JoinPack, NothingThatSkipsACheck) {
  const Error error = refused(with("\"created\"", "\"unsafeSkipCAVerification\": true, \"created\""));
  EXPECT_EQ(error.code, ExitCode::usage);
  EXPECT_THAT(error.message, HasSubstr("unsafeSkipCAVerification"));
}

TEST(JoinPack, Malformed) {
  const std::vector<std::pair<std::string, std::string>> changes = {
      {"\"created\"", "\"extra\": 1, \"created\""},
      {"\"created\": ", "\"created\": 1, \"created\": "},
      {"2026-11-21T10:00:00Z", "yesterday"},
      {"2026-11-22T10:00:00Z", "never"},
      {"v1.34.2", "1.34.2"},
      {"v1.34.2", "v1.34.2\\nfoo: bar"},
      {"10.0.0.1:6443", "10.0.0.1"},
      {"10.0.0.1:6443", "10.0.0.1:0"},
      {"10.0.0.1:6443", "10.0.0.1:66443"},
      {"10.0.0.1:6443", "https://10.0.0.1:6443"},
      {"10.0.0.1:5000", "10.0.0.1:5000/x"},
      {"\"k8s\"", "\"K8S\""},
      {"\"plainHttp\": true", "\"plainHttp\": \"yes\""},
      {"-----BEGIN CERTIFICATE-----", "-----BEGIN NOTHING-----"},
      {"sha256:" + full_pack().bundle_manifest.hex(), "sha512:" + std::string(128, '0')},
      {"10.244.0.0/16", "10.244.0.0/16 --evil"},
      {"\"certificateKey\"", "\"certificatekey\""},
  };
  for (const auto& [from, to] : changes) {
    EXPECT_EQ(refused(with(from, to)).code, ExitCode::format) << from << " → " << to;
  }
  const std::string text = text_of(full_pack());
  EXPECT_EQ(refused("").code, ExitCode::format);
  EXPECT_EQ(refused(text.substr(0, text.size() / 2)).code, ExitCode::format);
  EXPECT_EQ(refused("[]").code, ExitCode::format);
  EXPECT_EQ(refused(std::string(70000, ' ') + text).code, ExitCode::limit);
  JoinPack pack = full_pack();
  pack.registries.clear();
  EXPECT_EQ(refused(text_of(pack)).code, ExitCode::format);
}

TEST(JoinPack, OfALaterKubeferry) {
  const Error later = refused(with("join-pack/v1", "join-pack/v2"));
  EXPECT_EQ(later.code, ExitCode::format);
  EXPECT_THAT(later.hint, HasSubstr("use the kubeferry"));
  EXPECT_THAT(refused(with("kubeferry/join-pack/v1", "kubeferry/bundle/v1")).message, HasSubstr("is no join pack"));
}

TEST(JoinPack, EveryMemberThatIsNeeded) {
  const Json whole = *parse_json(text_of(full_pack()), "pack");
  for (const auto* key : {"kind", "created", "kubernetesVersion", "endpoint", "caCertHashes", "token", "tokenExpires",
                          "certificateKeyExpires", "registries", "bundleManifest"}) {
    Json without = Json::object();
    for (const auto& [name, value] : *whole.as_object()) {
      if (name != key) {
        without.set(name, value);
      }
    }
    EXPECT_EQ(refused(to_text(without)).code, ExitCode::format) << key;
  }
}

TEST(JoinPack, FileForItsOwnerOnly) {
  const Folder folder;
  const auto path = folder / "join.pack";
  write_text(path, "old");
  ASSERT_EQ(::chmod(path.c_str(), 0644), 0);
  ASSERT_TRUE(write_join_pack(path, full_pack()));
  struct stat info {};
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777U, 0600U);
  EXPECT_EQ(file_text(path), text_of(full_pack()));
  EXPECT_TRUE(read_join_pack(path));
  for (const mode_t mode : {0640U, 0604U, 0620U}) {
    ASSERT_EQ(::chmod(path.c_str(), mode), 0);
    const auto pack = read_join_pack(path);
    ASSERT_FALSE(pack);
    EXPECT_EQ(pack.error().code, ExitCode::auth);
    EXPECT_THAT(pack.error().hint, HasSubstr("chmod 600"));
  }
  EXPECT_EQ(read_join_pack(folder / "none").error().code, ExitCode::usage);
}

TEST(JoinPackCheck, GoodUntilItExpires) {
  const JoinPack pack = full_pack();
  EXPECT_TRUE(check(pack, at("2026-11-21T11:00:00Z"), JoinAs::control_plane));
  EXPECT_TRUE(check(pack, at("2026-11-22T09:59:59Z"), JoinAs::worker));
  const auto token = check(pack, at("2026-11-22T10:00:00Z"), JoinAs::worker);
  ASSERT_FALSE(token);
  EXPECT_EQ(token.error().code, ExitCode::policy);
  EXPECT_THAT(token.error().hint, HasSubstr("kubeferry join-pack create --ttl 2h"));
  EXPECT_EQ(token.error().detail.front().second, "expired");
  EXPECT_TRUE(check(pack, at("2026-11-21T12:00:00Z"), JoinAs::worker)) << "needs no certificate key";
  const auto key = check(pack, at("2026-11-21T12:00:00Z"), JoinAs::control_plane);
  ASSERT_FALSE(key);
  EXPECT_EQ(key.error().code, ExitCode::policy);
  EXPECT_THAT(key.error().message, HasSubstr("certificate key expired"));
  EXPECT_THAT(key.error().hint, HasSubstr("--control-plane"));
}

TEST(JoinPackCheck, AControlPlaneNeedsItsKey) {
  JoinPack pack = full_pack();
  pack.certificate_key.reset();
  EXPECT_TRUE(check(pack, at("2026-11-21T11:00:00Z"), JoinAs::worker));
  const auto status = check(pack, at("2026-11-21T11:00:00Z"), JoinAs::control_plane);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ExitCode::usage);
}

TEST(JoinPackCheck, AClockThatIsBehind) {
  EXPECT_TRUE(check(full_pack(), at("2026-11-20T11:00:00Z"), JoinAs::worker));
  const auto status = check(full_pack(), at("2026-11-20T09:00:00Z"), JoinAs::worker);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ExitCode::policy);
  EXPECT_EQ(status.error().detail.front().second, "clock");
}

TEST(JoinPackCheck, HowLongItHolds) {
  const TimePoint now = at("2026-11-21T10:00:00Z");
  EXPECT_EQ(validity_text(at("2026-11-21T11:59:59Z"), now), "for 1 h 59 min");
  EXPECT_EQ(validity_text(at("2026-11-21T10:05:00Z"), now), "for 5 min");
  EXPECT_EQ(validity_text(at("2026-11-21T10:00:30Z"), now), "for 30 s");
  EXPECT_EQ(validity_text(at("2026-12-03T10:00:00Z"), now), "for 12 days");
  EXPECT_EQ(validity_text(at("2026-11-21T07:00:00Z"), now), "expired 3 h 0 min ago");
}

TEST(JoinValues, Endpoints) {
  for (const auto* good : {"10.0.0.1:6443", "[2001:db8::1]:6443", "api.site:6443", "node-1:443"}) {
    EXPECT_TRUE(check_endpoint(good, "endpoint")) << good;
  }
  for (const auto* bad :
       {"", "node", ":6443", "node:", "node:x", "node:70000", "a b:1", "node:1/x", "2001:db8::1:6443"}) {
    EXPECT_FALSE(check_endpoint(bad, "endpoint")) << bad;
  }
}

}  // namespace
}  // namespace kubeferry::source

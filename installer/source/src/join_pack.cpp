// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/source/join_pack.hpp>

#include <algorithm>

#include <kubeferry/base/atomic_file.hpp>
#include <kubeferry/base/json.hpp>
#include <kubeferry/crypto/x509.hpp>
#include <kubeferry/oci/reference.hpp>
#include <kubeferry/source/join_values.hpp>

namespace kubeferry::source {

namespace {

constexpr std::string_view k_kind = "kubeferry/join-pack/v1";
constexpr std::string_view k_kind_start = "kubeferry/join-pack/v";
constexpr JsonLimits k_limits{.bytes = std::uint64_t{64} * 1024, .depth = 4};
constexpr std::size_t k_longest_value = 1024;

Status check_kind(const JsonView& view) {
  KF_TRY_ASSIGN(const std::string kind, view.string("kind"));
  if (kind == k_kind) {
    return {};
  }
  if (kind.starts_with(k_kind_start)) {
    return Failure(Error{ExitCode::format,
                         fmt::format("{}: was made by a later kubeferry", view.path()),
                         "use the kubeferry of the node that made it",
                         {}});
  }
  return view.wrong("is no join pack");
}

/// Nothing that weakens a check may look as if it had been heard.
Status refuse_unsafe(const JsonView& view) {
  KF_TRY_ASSIGN(const auto members, view.members());
  for (const auto& [name, value] : members) {
    if (lower(name).find("unsafe") != std::string::npos) {
      return Failure(Error{ExitCode::usage,
                           fmt::format("{}: asks for {}, which kubeferry never does", view.path(), printable(name)),
                           "make a new pack on a control-plane node",
                           {}});
    }
  }
  return {};
}

/// A short text that can be printed and written into a configuration as it is; empty when absent.
Result<std::string> plain(const JsonView& view, std::string_view key) {
  KF_TRY_ASSIGN(std::string text, view.string_or(key, ""));
  const auto fine = [](char c) { return c > ' ' && c < 0x7f; };
  if (text.size() > k_longest_value || !std::all_of(text.begin(), text.end(), fine)) {
    return view.wrong(fmt::format("its {} is no plain word", key));
  }
  return text;
}

Result<TimePoint> time_at(const JsonView& view, std::string_view key) {
  KF_TRY_ASSIGN(const std::string text, view.string(key));
  const auto time = parse_rfc3339(text);
  return time ? time : view.wrong(fmt::format("its {} is no time like 2026-11-21T03:15:00Z", key));
}

Result<installer::RegistryPlace> place_at(const JsonView& view) {
  KF_TRY(view.only({"host", "prefix", "plainHttp"}));
  installer::RegistryPlace place;
  KF_TRY_ASSIGN(place.host, view.string("host"));
  KF_TRY_ASSIGN(place.prefix, view.string_or("prefix", ""));
  if (const auto plain_http = view.optional_member("plainHttp")) {
    KF_TRY_ASSIGN(place.plain_http, plain_http->boolean());
  }
  if (!oci::is_registry(place.host)) {
    return view.wrong("its host is no registry");
  }
  if (!place.prefix.empty() && !oci::is_repository(place.prefix)) {
    return view.wrong("its prefix is no path of a repository");
  }
  return place;
}

Status read_secrets(const JsonView& view, JoinPack& pack) {
  KF_TRY_ASSIGN(std::string token, view.string("token"));
  pack.token = crypto::SecretText(std::move(token));
  KF_TRY(check_token(pack.token.view(), view.path() + ".token"));
  KF_TRY_ASSIGN(pack.token_expires, time_at(view, "tokenExpires"));
  KF_TRY_ASSIGN(const auto hashes, view.elements("caCertHashes"));
  for (const JsonView& hash : hashes) {
    KF_TRY_ASSIGN(std::string text, hash.string());
    KF_TRY(check_ca_hash(text, hash.path()));
    pack.ca_cert_hashes.push_back(std::move(text));
  }
  if (pack.ca_cert_hashes.empty()) {
    return check_ca_hash("", view.path() + ".caCertHashes");
  }
  if (view.optional_member("certificateKey")) {
    KF_TRY_ASSIGN(std::string key, view.string("certificateKey"));
    pack.certificate_key.emplace();
    pack.certificate_key->key = crypto::SecretText(std::move(key));
    KF_TRY(check_certificate_key(pack.certificate_key->key.view(), view.path() + ".certificateKey"));
    KF_TRY_ASSIGN(pack.certificate_key->expires, time_at(view, "certificateKeyExpires"));
  } else if (view.optional_member("certificateKeyExpires")) {
    return view.wrong("has certificateKeyExpires without certificateKey");
  }
  return {};
}

Status read_registries(const JsonView& view, JoinPack& pack) {
  KF_TRY_ASSIGN(const auto registries, view.elements("registries"));
  for (const JsonView& registry : registries) {
    KF_TRY_ASSIGN(installer::RegistryPlace place, place_at(registry));
    pack.registries.push_back(std::move(place));
  }
  if (pack.registries.empty()) {
    return view.wrong("names no registry");
  }
  KF_TRY_ASSIGN(pack.registry_ca, view.string_or("registryCa", ""));
  if (!pack.registry_ca.empty() && !crypto::read_certificate(pack.registry_ca, "registryCa")) {
    return view.wrong("its registryCa is no certificate in PEM");
  }
  KF_TRY_ASSIGN(const std::string digest, view.string("bundleManifest"));
  const auto parsed = crypto::Digest::parse(digest);
  if (!parsed || parsed->algorithm() != crypto::HashAlgorithm::sha256) {
    return view.wrong("its bundleManifest is no sha256 digest");
  }
  pack.bundle_manifest = *parsed;
  return {};
}

Status read_cluster(const JsonView& view, JoinPack& pack) {
  KF_TRY_ASSIGN(pack.created, time_at(view, "created"));
  KF_TRY_ASSIGN(pack.cluster_name, plain(view, "clusterName"));
  KF_TRY_ASSIGN(pack.kubernetes_version, plain(view, "kubernetesVersion"));
  if (!pack.kubernetes_version.starts_with('v')) {
    return view.wrong("its kubernetesVersion is no version like v1.34.2");
  }
  KF_TRY_ASSIGN(pack.endpoint, view.string("endpoint"));
  if (const auto fine = check_endpoint(pack.endpoint, view.path()); !fine) {
    return fail(ExitCode::format, "{}", fine.error().message);
  }
  KF_TRY_ASSIGN(pack.image_repository, plain(view, "imageRepository"));
  KF_TRY_ASSIGN(pack.pod_subnet, plain(view, "podSubnet"));
  KF_TRY_ASSIGN(pack.cri_socket, plain(view, "criSocket"));
  KF_TRY_ASSIGN(pack.dns_domain, plain(view, "dnsDomain"));
  KF_TRY_ASSIGN(pack.cgroup_driver, plain(view, "cgroupDriver"));
  if (const auto fails = view.optional_member("failCgroupV1")) {
    KF_TRY_ASSIGN(pack.fail_cgroup_v1, fails->boolean());
  }
  return {};
}

void set_unless_empty(Json& out, std::string key, const std::string& value) {
  if (!value.empty()) {
    out.set(std::move(key), value);
  }
}

Json registries_json(const JoinPack& pack) {
  Json out = Json::array();
  for (const installer::RegistryPlace& place : pack.registries) {
    Json entry;
    entry.set("host", place.host);
    entry.set("prefix", place.prefix);
    entry.set("plainHttp", place.plain_http);
    out.push(std::move(entry));
  }
  return out;
}

}  // namespace

crypto::SecretText to_text(const JoinPack& pack) {
  Json out;
  out.set("kind", k_kind);
  out.set("created", to_rfc3339(pack.created));
  set_unless_empty(out, "clusterName", pack.cluster_name);
  out.set("kubernetesVersion", pack.kubernetes_version);
  out.set("endpoint", pack.endpoint);
  Json hashes = Json::array();
  for (const std::string& hash : pack.ca_cert_hashes) {
    hashes.push(hash);
  }
  out.set("caCertHashes", std::move(hashes));
  out.set("token", pack.token.view());
  out.set("tokenExpires", to_rfc3339(pack.token_expires));
  if (pack.certificate_key) {
    out.set("certificateKey", pack.certificate_key->key.view());
    out.set("certificateKeyExpires", to_rfc3339(pack.certificate_key->expires));
  }
  out.set("registries", registries_json(pack));
  set_unless_empty(out, "registryCa", pack.registry_ca);
  out.set("bundleManifest", pack.bundle_manifest.to_string());
  set_unless_empty(out, "imageRepository", pack.image_repository);
  set_unless_empty(out, "podSubnet", pack.pod_subnet);
  set_unless_empty(out, "criSocket", pack.cri_socket);
  set_unless_empty(out, "dnsDomain", pack.dns_domain);
  set_unless_empty(out, "cgroupDriver", pack.cgroup_driver);
  if (!pack.fail_cgroup_v1) {
    out.set("failCgroupV1", false);
  }
  return crypto::SecretText(kubeferry::to_text(out, JsonStyle::indented));
}

Result<JoinPack> parse_join_pack(std::string_view text, std::string_view what) {
  KF_TRY_ASSIGN(const Json json, parse_json(text, what, k_limits));
  const JsonView view(json, std::string(what));
  KF_TRY(check_kind(view));
  KF_TRY(refuse_unsafe(view));
  KF_TRY(view.only({"kind", "created", "clusterName", "kubernetesVersion", "endpoint", "caCertHashes", "token",
                    "tokenExpires", "certificateKey", "certificateKeyExpires", "registries", "registryCa",
                    "bundleManifest", "imageRepository", "podSubnet", "criSocket", "dnsDomain", "cgroupDriver",
                    "failCgroupV1"}));
  JoinPack pack;
  KF_TRY(read_cluster(view, pack));
  KF_TRY(read_secrets(view, pack));
  KF_TRY(read_registries(view, pack));
  return pack;
}

Result<JoinPack> read_join_pack(const std::filesystem::path& path) {
  KF_TRY_ASSIGN(const crypto::SecretText text, crypto::read_secret_file(path));
  return parse_join_pack(text.view(), path.native());
}

Status write_join_pack(const std::filesystem::path& path, const JoinPack& pack) {
  return write_file_atomically(path, to_text(pack).view(), 0600);
}

}  // namespace kubeferry::source

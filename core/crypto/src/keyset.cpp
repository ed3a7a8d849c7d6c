// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/crypto/keyset.hpp>

#include <algorithm>
#include <set>

#include <fcntl.h>
#include <sys/stat.h>

#include <kubeferry/base/fd.hpp>
#include <kubeferry/base/json.hpp>
#include <kubeferry/base/text.hpp>

namespace kubeferry::crypto {
namespace {

constexpr std::string_view k_kind = "kubeferry/keyset/v1";
constexpr std::uint32_t k_keyset_depth = 4;
constexpr std::size_t k_max_name_bytes = 128;

bool is_key_id(std::string_view text) {
  const auto bytes = from_hex(text);
  return bytes && bytes->size() == 32;
}

Status check_names(const KeysetContent& content) {
  std::set<std::string_view> names;
  std::set<std::string_view> ids;
  for (const TrustedKey& key : content.keys) {
    if (key.name.empty() || key.name.size() > k_max_name_bytes || printable(key.name) != key.name) {
      return fail(ExitCode::signature, "keyset: a key's name must be 1 to {} printable bytes", k_max_name_bytes);
    }
    if (!names.insert(key.name).second) {
      return fail(ExitCode::signature, "keyset: two keys are named \"{}\"", key.name);
    }
    if (!ids.insert(key.key.key_id()).second) {
      return fail(ExitCode::signature, "keyset: key {} is listed twice", key.key.key_id());
    }
  }
  for (const std::string& id : content.revoked) {
    if (!is_key_id(id)) {
      return fail(ExitCode::signature, "keyset: revoked \"{}\" is no key id (64 lower-case hex digits)",
                  id.substr(0, 80));
    }
  }
  return {};
}

Result<PublicKey> parse_public(const std::string& text, const std::string& what) {
  if (text.starts_with("-----BEGIN")) {
    return PublicKey::from_pem(text, what);
  }
  const auto der = from_base64(text);
  if (!der) {
    return fail(ExitCode::signature, "{}: is neither PEM nor base64", what);
  }
  return PublicKey::from_spki(*der, what);
}

Result<TrustedKey> parse_key(const JsonView& json) {
  KF_TRY(json.only({"name", "algorithm", "public"}));
  KF_TRY_ASSIGN(std::string name, json.string("name"));
  KF_TRY_ASSIGN(const std::string algorithm, json.string("algorithm"));
  KF_TRY_ASSIGN(const std::string text, json.string("public"));
  KF_TRY_ASSIGN(PublicKey key, parse_public(text, json.path() + ".public"));
  if (algorithm != key_algorithm_name(key.algorithm())) {
    return fail(ExitCode::signature, "{}.algorithm: is \"{}\", but the key is {}", json.path(), algorithm,
                key_algorithm_name(key.algorithm()));
  }
  return TrustedKey{std::move(name), std::move(key)};
}

Status check_writers(int fd, const std::filesystem::path& path) {
  struct stat facts {};
  if (::fstat(fd, &facts) != 0) {
    return fail_errno(errno, path.native());
  }
  if (!S_ISREG(facts.st_mode)) {
    return fail(ExitCode::io, "{}: is no regular file", path.native());
  }
  if ((facts.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return Failure(Error{
        ExitCode::signature,
        path.native() + ": others than its owner may write this trust file",
        {},
        {}}.with_hint("make sure that it is the right one, then: chmod go-w " + path.native()));
  }
  return {};
}

}  // namespace

Result<Keyset> Keyset::create(KeysetContent content) {
  if (content.keys.size() > k_max_keyset_keys || content.revoked.size() > k_max_keyset_revoked) {
    return fail(ExitCode::limit, "keyset: more than {} keys, or {} revoked ones", k_max_keyset_keys,
                k_max_keyset_revoked);
  }
  KF_TRY(check_names(content));
  if (content.version == 0) {
    return fail(ExitCode::signature, "keyset: version must be at least 1");
  }
  Keyset keyset(std::move(content));
  const auto usable =
      static_cast<std::uint64_t>(std::count_if(keyset.keys().begin(), keyset.keys().end(), [&](const TrustedKey& key) {
        return !keyset.is_revoked(key.key.key_id());
      }));
  if (keyset.threshold() == 0 || keyset.threshold() > usable) {
    return fail(ExitCode::signature, "keyset: threshold is {}, with {} usable keys", keyset.threshold(), usable);
  }
  return keyset;
}

Keyset Keyset::of(PublicKey key, std::string name) {
  return Keyset(
      KeysetContent{.version = 1, .threshold = 1, .keys = {{std::move(name), std::move(key)}}, .revoked = {}});
}

Result<Keyset> Keyset::parse(std::string_view text, std::string_view what) {
  KF_TRY_ASSIGN(const Json json, parse_json(text, what, {.bytes = k_max_keyset_bytes, .depth = k_keyset_depth}));
  const JsonView view(json, std::string(what));
  KF_TRY(view.only({"kind", "version", "threshold", "keys", "revoked"}));
  KF_TRY_ASSIGN(const std::string kind, view.string("kind"));
  if (kind != k_kind) {
    return fail(ExitCode::format, "{}.kind: must be \"{}\"", what, k_kind);
  }
  KeysetContent content;
  KF_TRY_ASSIGN(content.version, view.unsigned_integer("version"));
  KF_TRY_ASSIGN(content.threshold, view.unsigned_integer("threshold"));
  KF_TRY_ASSIGN(const auto keys, view.elements("keys"));
  if (keys.size() > k_max_keyset_keys) {
    return fail(ExitCode::limit, "{}: {} keys; at most {} are allowed", what, keys.size(), k_max_keyset_keys);
  }
  for (const JsonView& element : keys) {
    KF_TRY_ASSIGN(TrustedKey key, parse_key(element));
    content.keys.push_back(std::move(key));
  }
  KF_TRY_ASSIGN(const auto revoked, view.elements("revoked"));
  for (const JsonView& element : revoked) {
    KF_TRY_ASSIGN(std::string id, element.string());
    content.revoked.push_back(std::move(id));
  }
  auto keyset = create(std::move(content));
  return keyset ? std::move(keyset) : Result<Keyset>(Failure(std::move(keyset).error().prefixed(what)));
}

std::string Keyset::to_text() const {
  Json keys = Json::array();
  for (const TrustedKey& trusted : content_.keys) {
    Json key = Json::object();
    key.set("name", trusted.name)
        .set("algorithm", key_algorithm_name(trusted.key.algorithm()))
        .set("public", to_base64(trusted.key.spki()));
    keys.push(std::move(key));
  }
  Json revoked = Json::array();
  for (const std::string& id : content_.revoked) {
    revoked.push(id);
  }
  Json json = Json::object();
  json.set("kind", k_kind)
      .set("version", content_.version)
      .set("threshold", content_.threshold)
      .set("keys", std::move(keys))
      .set("revoked", std::move(revoked));
  return kubeferry::to_text(json, JsonStyle::indented);
}

bool Keyset::is_revoked(std::string_view key_id) const noexcept {
  return std::find(content_.revoked.begin(), content_.revoked.end(), key_id) != content_.revoked.end();
}

const TrustedKey* Keyset::find(std::string_view key_id) const noexcept {
  const auto found = std::find_if(content_.keys.begin(), content_.keys.end(),
                                  [&](const TrustedKey& key) { return key.key.key_id() == key_id; });
  return found == content_.keys.end() ? nullptr : &*found;
}

Result<Keyset> load_trust(const std::filesystem::path& path) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    return Failure(Error{ExitCode::usage, path.native() + ": no such trust file", {}, {}}.with_hint(
        "--trust takes a public key (NAME.pub) or a keyset"));
  }
  KF_TRY_ASSIGN(const Fd file, open_file(path, O_RDONLY | O_NONBLOCK));
  KF_TRY(check_writers(file.get(), path));
  FdSource source(file.get(), path.native());
  KF_TRY_ASSIGN(const Bytes bytes, read_all(source, k_max_keyset_bytes, path.native()));
  const std::string_view text = as_text(bytes);
  if (trim(text).starts_with("-----BEGIN")) {
    KF_TRY_ASSIGN(PublicKey key, PublicKey::from_pem(text, path.native()));
    return Keyset::of(std::move(key), path.stem().native());
  }
  return Keyset::parse(text, path.native());
}

}  // namespace kubeferry::crypto

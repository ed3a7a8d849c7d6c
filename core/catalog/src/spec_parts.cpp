// SPDX-License-Identifier: Apache-2.0
#include "spec_parts.hpp"

#include <algorithm>

#include <kubeferry/base/text.hpp>

#include "spec_fields.hpp"

namespace kubeferry::catalog {

namespace {

/// The text of a key, which must satisfy `check`; empty when it is absent.
Result<std::string> checked(const YamlReader& reader, std::string_view key, Status (*check)(std::string_view)) {
  const auto member = reader.optional_member(key);
  if (!member) {
    return std::string();
  }
  KF_TRY_ASSIGN(std::string value, member->text());
  KF_TRY(member->here(check(value)));
  return value;
}

Result<std::string> path_of(const YamlReader& reader, std::string_view key, const SpecContext& context) {
  const auto member = reader.optional_member(key);
  if (!member) {
    return std::string();
  }
  KF_TRY_ASSIGN(const std::string value, member->text());
  return member->here(resolve_path(value, context.file));
}

Status check_repository(std::string_view text) {
  KF_TRY(check_image(text));
  const auto slash = text.rfind('/');
  if (text.find('@') != std::string_view::npos ||
      (slash != std::string_view::npos && text.find(':', slash) != std::string_view::npos)) {
    return fail(ExitCode::usage, "\"{}\" must be host[:port][/path] without tag", printable(text));
  }
  return {};
}

Result<Upstream> read_upstream(const YamlReader& reader, const SpecContext& context) {
  KF_TRY(reader.only({"endpoint", "ca", "username", "passwordFile", "plainHttp", "pathPrefix"}));
  Upstream upstream;
  KF_TRY_ASSIGN(const YamlReader endpoint, reader.member("endpoint"));
  KF_TRY_ASSIGN(upstream.endpoint, endpoint.text());
  KF_TRY(endpoint.here(check_url(upstream.endpoint)));
  while (upstream.endpoint.ends_with('/')) {
    upstream.endpoint.pop_back();
  }
  if (const auto plain = reader.optional_member("plainHttp")) {
    KF_TRY_ASSIGN(upstream.plain_http, plain->boolean());
  }
  if (upstream.plain_http != upstream.endpoint.starts_with("http://")) {
    return endpoint.wrong(upstream.plain_http ? "must start with http://, since plainHttp is true" : "is not encrypted",
                          upstream.plain_http ? "" : "use https://, or say plainHttp: true");
  }
  KF_TRY_ASSIGN(upstream.ca, path_of(reader, "ca", context));
  KF_TRY_ASSIGN(upstream.password_file, path_of(reader, "passwordFile", context));
  KF_TRY_ASSIGN(upstream.path_prefix, checked(reader, "pathPrefix", check_repository_path));
  KF_TRY_ASSIGN(upstream.username, reader.text_or("username", ""));
  if (printable(upstream.username) != upstream.username || upstream.username.find(':') != std::string::npos) {
    return reader.wrong("username must not hold control characters or \":\"");
  }
  if (upstream.username.empty() != upstream.password_file.empty()) {
    return reader.wrong("username and passwordFile go together");
  }
  return upstream;
}

}  // namespace

Result<std::vector<std::string>> read_platforms(const YamlReader& reader) {
  if (reader.is_scalar() && reader.node().text == "all") {
    return all_platforms();
  }
  if (reader.is_scalar()) {
    return reader.wrong("must be a list, or the word all", "write [linux/amd64, linux/arm64]");
  }
  KF_TRY_ASSIGN(const auto elements, reader.elements());
  std::vector<std::string> names;
  for (const YamlReader& element : elements) {
    KF_TRY_ASSIGN(const std::string text, element.text());
    KF_TRY_ASSIGN(std::string name, element.here(parse_platform(text)));
    if (std::ranges::find(names, name) != names.end()) {
      return element.wrong(fmt::format("{} is there twice", name));
    }
    names.push_back(std::move(name));
  }
  if (names.empty()) {
    return reader.wrong("must name at least one platform");
  }
  std::ranges::sort(names);
  return names;
}

Result<KubernetesSpec> read_kubernetes(const YamlReader& reader) {
  KubernetesSpec kubernetes;
  const bool shorthand = reader.is_scalar();
  if (!shorthand) {
    KF_TRY(reader.only({"version", "imageRepository"}));
    KF_TRY_ASSIGN(kubernetes.image_repository, checked(reader, "imageRepository", check_repository));
  }
  KF_TRY_ASSIGN(const YamlReader version, shorthand ? Result<YamlReader>(reader) : reader.member("version"));
  KF_TRY_ASSIGN(const std::string text, version.text());
  KF_TRY_ASSIGN(kubernetes.version, version.here(KubernetesVersion::parse(text)));
  return kubernetes;
}

Result<CniSpec> read_cni(const YamlReader& reader, const SpecContext& context) {
  CniSpec cni;
  const bool shorthand = reader.is_scalar();
  if (!shorthand) {
    KF_TRY(reader.only({"name", "podCIDR", "version", "manifest"}));
    KF_TRY_ASSIGN(cni.version, checked(reader, "version", check_name));
    KF_TRY_ASSIGN(cni.manifest, path_of(reader, "manifest", context));
    if (const auto cidr = reader.optional_member("podCIDR")) {
      KF_TRY_ASSIGN(const std::string text, cidr->text());
      KF_TRY_ASSIGN(cni.pod_cidr, cidr->here(parse_pod_cidr(text)));
    }
  }
  if (!shorthand && !reader.optional_member("name") && !cni.manifest.empty()) {
    if (!cni.version.empty()) {
      return reader.wrong("has a version, and no name of whose", "add name, or take version away");
    }
    cni.name = k_own_network;
    return cni;
  }
  KF_TRY_ASSIGN(const YamlReader name, shorthand ? Result<YamlReader>(reader) : reader.member("name"));
  KF_TRY_ASSIGN(cni.name, name.text());
  KF_TRY(name.here(check_name(cni.name)));
  return cni;
}

Result<std::string> read_program(const YamlReader& reader, const std::vector<std::string>& platforms,
                                 const SpecContext& context) {
  if (reader.is_scalar() && reader.node().text == "none") {
    return std::string("none");
  }
  KF_TRY_ASSIGN(const std::string text, reader.text());
  if (platforms.size() > 1 && text.find("{arch}") == std::string::npos) {
    return reader.wrong("names one program for several platforms",
                        "write {arch} where the architecture stands in its name");
  }
  return reader.here(resolve_path(text, context.file));
}

Result<std::vector<std::string>> read_images(const YamlReader& reader) {
  KF_TRY_ASSIGN(const auto elements, reader.elements());
  std::vector<std::string> images;
  for (const YamlReader& element : elements) {
    KF_TRY_ASSIGN(std::string image, element.text());
    KF_TRY(element.here(check_image(image)));
    if (std::ranges::find(images, image) != images.end()) {
      return element.wrong(fmt::format("{} is there twice", image));
    }
    images.push_back(std::move(image));
  }
  return images;
}

Result<std::map<std::string, Upstream>> read_upstreams(const YamlReader& reader, const SpecContext& context) {
  KF_TRY_ASSIGN(const auto members, reader.members());
  std::map<std::string, Upstream> upstreams;
  for (const auto& [host, value] : members) {
    KF_TRY(value.here(check_host(host)));
    KF_TRY_ASSIGN(upstreams[host], read_upstream(value, context));
  }
  return upstreams;
}

}  // namespace kubeferry::catalog

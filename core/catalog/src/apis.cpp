// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/catalog/apis.hpp>

#include <algorithm>

#include <kubeferry/base/text.hpp>
#include <kubeferry/catalog/catalog.hpp>

#include "manifest_text.hpp"

namespace kubeferry::catalog {

namespace {

bool has_kind(const ServedApi& api, std::string_view kind) {
  return std::ranges::find(api.kinds, kind) != api.kinds.end();
}

bool serves(const ServedApi& api, std::uint32_t minor) {
  return !api.off_by_default && minor >= api.since && minor <= api.until.value_or(minor);
}

/// Why a minor does not serve it.
std::string obstacle(const ServedApi& api, std::uint32_t minor) {
  if (minor < api.since) {
    return fmt::format("is served only since 1.{}", api.since);
  }
  if (api.until && minor > *api.until) {
    return fmt::format("is served only up to 1.{}", *api.until);
  }
  return "is off unless the API server is started with --runtime-config";
}

/// "DaemonSet kube-system/weave-net".
std::string name_of(const YamlNode& object) {
  const YamlNode* metadata = object.find("metadata");
  const std::string_view name = metadata == nullptr ? "" : text_of(*metadata, "name");
  const std::string_view space = metadata == nullptr ? "" : text_of(*metadata, "namespace");
  return fmt::format("{} {}{}{}", text_of(object, "kind"), space, space.empty() ? "" : "/",
                     name.empty() ? "without a name" : name);
}

Status check_object(const Catalog& catalog, const YamlNode& object, std::string_view what,
                    const KubernetesVersion& kubernetes) {
  const std::string_view api_version = text_of(object, "apiVersion");
  const std::string_view kind = text_of(object, "kind");
  const ServedApi* refused = nullptr;
  for (const ServedApi& api : catalog.apis) {
    if (!has_kind(api, kind) || api.api_version() != api_version) {
      continue;
    }
    if (serves(api, kubernetes.minor)) {
      return {};
    }
    refused = &api;
  }
  if (refused == nullptr) {
    return {};
  }
  Failure failure =
      fail(ExitCode::usage, "{}:{}: {} is of {}, which {}, and the bundle is for Kubernetes {}", what, object.line,
           printable(name_of(object)), api_version, obstacle(*refused, kubernetes.minor), kubernetes.to_string());
  const auto other = std::ranges::find_if(
      catalog.apis, [&](const auto& api) { return has_kind(api, kind) && serves(api, kubernetes.minor); });
  failure.value().hint =
      other == catalog.apis.end()
          ? "take another release, or a manifest of yours without it"
          : fmt::format("{} serves that kind: take a release or a manifest that uses it", other->api_version());
  return failure;
}

}  // namespace

std::string ServedApi::api_version() const { return group.empty() ? version : group + "/" + version; }

Status check_apis(const Catalog& catalog, std::string_view manifest, std::string_view what,
                  const KubernetesVersion& kubernetes) {
  KF_TRY_ASSIGN(const auto documents, parse_manifest(manifest, what));
  for (const YamlNode* object : objects_of(documents)) {
    KF_TRY(check_object(catalog, *object, what, kubernetes));
  }
  return {};
}

}  // namespace kubeferry::catalog

// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <kubeferry/base/text.hpp>

#include "spec_fields.hpp"
#include "spec_parts.hpp"

namespace kubeferry::catalog {

namespace {

/// "metallb-native" of https://…/metallb-native.yaml and of deploy/metallb-native.yaml.
std::string name_of_place(std::string_view place) {
  std::string_view name = place.substr(place.rfind('/') + 1);
  for (const std::string_view end : {".yaml", ".yml"}) {
    if (name.ends_with(end)) {
      name.remove_suffix(end.size());
    }
  }
  return std::string(name);
}

Status read_origin(const YamlReader& reader, const SpecContext& context, ManifestSpec& manifest) {
  const auto url = reader.optional_member("url");
  const auto local = reader.optional_member("file");
  if (url.has_value() == local.has_value()) {
    return reader.wrong("needs either url or file");
  }
  if (const auto hash = reader.optional_member("sha256")) {
    KF_TRY_ASSIGN(manifest.sha256, hash->scalar());
    KF_TRY(hash->here(check_sha256(manifest.sha256)));
  }
  if (local) {
    KF_TRY_ASSIGN(const std::string text, local->text());
    KF_TRY_ASSIGN(manifest.source, local->here(resolve_path(text, context.file)));
    return {};
  }
  KF_TRY_ASSIGN(manifest.url, url->text());
  KF_TRY(url->here(check_url(manifest.url)));
  if (manifest.sha256.empty()) {
    return reader.wrong("the key \"sha256\" is missing", "a manifest from a URL needs one; sha256sum prints it");
  }
  return {};
}

Result<ManifestSpec> read_manifest(const YamlReader& reader, const SpecContext& context) {
  ManifestSpec manifest;
  if (reader.is_scalar()) {
    KF_TRY_ASSIGN(const std::string text, reader.text());
    if (check_url(text)) {
      return reader.wrong("a manifest from a URL needs a sha256", "write {url: …, sha256: …}; sha256sum prints it");
    }
    KF_TRY_ASSIGN(manifest.source, reader.here(resolve_path(text, context.file)));
  } else {
    KF_TRY(reader.only({"file", "url", "sha256", "name", "apply"}));
    KF_TRY(read_origin(reader, context, manifest));
    if (const auto apply = reader.optional_member("apply")) {
      KF_TRY_ASSIGN(manifest.apply, apply->boolean());
    }
  }
  KF_TRY_ASSIGN(manifest.name,
                reader.is_scalar()
                    ? Result<std::string>(name_of_place(manifest.source))
                    : reader.text_or("name", name_of_place(manifest.url.empty() ? manifest.source : manifest.url)));
  if (!check_name(manifest.name)) {
    return reader.wrong(fmt::format("\"{}\" cannot be a name", printable(manifest.name)),
                        "give it one of letters, digits and . _ - +: name: my-manifest");
  }
  return manifest;
}

}  // namespace

Result<std::vector<ManifestSpec>> read_manifests(const YamlReader& reader, const SpecContext& context) {
  KF_TRY_ASSIGN(const auto elements, reader.elements());
  std::vector<ManifestSpec> manifests;
  for (const YamlReader& element : elements) {
    KF_TRY_ASSIGN(ManifestSpec manifest, read_manifest(element, context));
    if (std::ranges::find(manifests, manifest.name, &ManifestSpec::name) != manifests.end()) {
      return element.wrong(fmt::format("two manifests are called {}", manifest.name), "give one another name");
    }
    manifests.push_back(std::move(manifest));
  }
  return manifests;
}

}  // namespace kubeferry::catalog

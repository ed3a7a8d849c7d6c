// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <kubeferry/catalog/spec.hpp>

#include "yaml_reader.hpp"

namespace kubeferry::catalog {

/// What the parts of a spec need to know of the whole.
struct SpecContext {
  const std::filesystem::path& file;  ///< relative paths are relative to its folder
};

// One function per part of a spec; usage errors with their place.
Result<std::vector<std::string>> read_platforms(const YamlReader& reader);
Result<KubernetesSpec> read_kubernetes(const YamlReader& reader);
Result<CniSpec> read_cni(const YamlReader& reader, const SpecContext& context);
/// A path with "{arch}" in it wherever there are several platforms, or the word none.
Result<std::string> read_program(const YamlReader& reader, const std::vector<std::string>& platforms,
                                 const SpecContext& context);
Result<std::vector<std::string>> read_images(const YamlReader& reader);
Result<std::vector<ManifestSpec>> read_manifests(const YamlReader& reader, const SpecContext& context);
Result<FileSpec> read_file_spec(const YamlReader& reader, const SpecContext& context);
Result<std::map<std::string, Upstream>> read_upstreams(const YamlReader& reader, const SpecContext& context);

/// A plain list of references as a spec. See parse_spec.
Result<Spec> parse_image_list(std::string_view text, const std::filesystem::path& file);

}  // namespace kubeferry::catalog

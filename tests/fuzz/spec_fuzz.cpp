// SPDX-License-Identifier: Apache-2.0
// A user's spec, or a CNI's manifest: nothing it says breaks us, and what is accepted keeps the promises of spec.hpp.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <kubeferry/base/node_path.hpp>
#include <kubeferry/catalog/cni_manifest.hpp>
#include <kubeferry/catalog/needs.hpp>
#include <kubeferry/catalog/spec.hpp>

#include "require.hpp"

namespace {

using kubeferry::ExitCode;
using kubeferry::fuzz::require;

const kubeferry::catalog::Catalog& catalog() {
  static const auto k_catalog = kubeferry::catalog::Catalog::builtin();
  require(k_catalog.has_value(), "the built-in catalog is valid");
  return *k_catalog;
}

void check_spec(std::string_view text) {
  const auto spec = kubeferry::catalog::parse_spec(text, "fuzz/spec.yaml");
  if (!spec) {
    require(spec.error().code == ExitCode::usage || spec.error().code == ExitCode::limit,
            "a bad spec is a usage error");
    return;
  }
  require(!spec->name.empty() && spec->name.front() != '-', "a name is no option");
  require(!spec->platforms.empty(), "there is a platform");
  for (const auto& image : spec->images) {
    require(image.front() != '-' && image.find_first_of(" \n\t;$`'\"\\") == std::string::npos, "references are plain");
  }
  for (const auto& file : spec->files) {
    require(kubeferry::check_node_path(file.path).has_value(), "files go where files may go");
    require(file.mode == 0644 || file.mode == 0755, "no mode gives more rights than these");
    require(file.url.empty() != file.source.empty(), "a file has one origin");
    require(file.url.empty() || file.sha256.size() == 64, "a URL has a hash");
  }
  for (const auto& [host, upstream] : spec->upstreams) {
    require(upstream.plain_http == upstream.endpoint.starts_with("http://"), "plain http was asked for");
  }
  const auto needs = kubeferry::catalog::needs_of(*spec, catalog());
  require(needs.has_value() || needs.error().code == ExitCode::usage, "needs fail as usage errors");
}

void check_manifest(std::string_view text) {
  const auto images = kubeferry::catalog::manifest_images(text, "fuzz.yml");
  const auto same = kubeferry::catalog::rewrite_manifest(text, {}, "fuzz.yml");
  require(images.has_value() || !same.has_value(), "what cannot be read cannot be rewritten");
  if (same && same->changes.empty()) {
    require(same->text == text, "without a change every byte stays");
  }
  if (!images) {
    return;
  }
  kubeferry::catalog::ManifestRewrite rewrite;
  for (const auto& image : *images) {
    rewrite.images[image] = "example.org/fixed:1";
  }
  const auto rewritten = kubeferry::catalog::rewrite_manifest(text, rewrite, "fuzz.yml");
  if (rewritten && !images->empty()) {
    const auto again = kubeferry::catalog::manifest_images(rewritten->text, "fuzz.yml");
    require(again && again->size() == 1 && again->front() == "example.org/fixed:1", "rewritten images read back");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_spec(text);
  check_manifest(text);
  return 0;
}

// SPDX-License-Identifier: Apache-2.0
#include <cstdint>

#include <kubeferry/base/node_path.hpp>
#include <kubeferry/bundle/manifest.hpp>

#include "require.hpp"

/// What is accepted has a text of its own that means the same, and promises nothing that it must not.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kubeferry;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto manifest = bundle::parse_manifest(text);
  if (!manifest) {
    return 0;
  }
  const std::string written = bundle::to_text(*manifest);
  const auto again = bundle::parse_manifest(written);
  fuzz::require(again.has_value(), "a written manifest reads back");
  fuzz::require(bundle::to_text(*again) == written, "and means the same");
  for (const auto& file : manifest->files) {
    fuzz::require(check_node_path(file.path).has_value(), "only allowed paths");
    fuzz::require(file.mode == 0644 || file.mode == 0755, "only plain modes");
  }
  for (const auto& repository : manifest->packages) {
    fuzz::require(!repository.name.empty() && repository.name.find('/') == std::string::npos, "a name is no path");
    for (const auto& file : repository.files) {
      const std::string path = "/" + file.path + "/";
      fuzz::require(path.find("//") == std::string::npos && path.find("/../") == std::string::npos,
                    "packages stay in their folder");
    }
    for (const auto& name : repository.install) {
      fuzz::require(!name.empty() && name.front() != '-' && name.back() != '-', "names are no options");
    }
  }
  for (const auto& blob : manifest->blobs) {
    fuzz::require(blob.offset + blob.stored <= manifest->payload_length, "blobs lie in the payload");
  }
  return 0;
}

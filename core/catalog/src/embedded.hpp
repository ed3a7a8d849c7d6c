// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

namespace kubeferry::catalog {

struct EmbeddedFile {
  std::string_view name;  ///< "cni/flannel.yaml"
  std::string_view content;
};

/// The files in manifests/, made part of the program by cmake/Embed.cmake.
std::span<const EmbeddedFile> embedded_files();

}  // namespace kubeferry::catalog

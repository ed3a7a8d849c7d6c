// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

namespace kubeferry::platforms {

struct EmbeddedFile {
  std::string_view name;  ///< "arm64.json"
  std::string_view content;
};

/// The descriptions in platforms/data, made part of the program by cmake/Embed.cmake.
std::span<const EmbeddedFile> embedded_files();

}  // namespace kubeferry::platforms

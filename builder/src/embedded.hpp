// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

namespace kubeferry::builder {

struct EmbeddedFile {
  std::string_view name;  ///< "kubeferry.sh"
  std::string_view content;
};

/// builder/data, made part of the program by cmake/Embed.cmake.
std::span<const EmbeddedFile> embedded_files();

}  // namespace kubeferry::builder

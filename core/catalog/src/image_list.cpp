// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <kubeferry/base/text.hpp>

#include "spec_fields.hpp"
#include "spec_parts.hpp"

namespace kubeferry::catalog {

namespace {

/// A name for the bundle from the list's file name: "my images.txt" → "my-images".
std::string name_from(const std::filesystem::path& file) {
  std::string name = file.stem().string();
  for (char& c : name) {
    if (!check_name(std::string("a") + c)) {
      c = '-';
    }
  }
  name.erase(0, std::min(name.find_first_not_of("-._+"), name.size()));
  name.resize(std::min<std::size_t>(name.size(), 64));
  return name.empty() ? "images" : name;
}

}  // namespace

Result<Spec> parse_image_list(std::string_view text, const std::filesystem::path& file) {
  Spec spec;
  spec.name = name_from(file);
  spec.version = "0";
  spec.stream = spec.name;
  spec.platforms = all_platforms();
  spec.missing = Missing::skip;
  std::size_t number = 0;
  for (const std::string_view whole : split(text, '\n')) {
    ++number;
    const std::string_view line = trim(whole.substr(0, whole.find('#')));
    if (line.empty()) {
      continue;
    }
    if (const Status status = check_image(line); !status) {
      Failure failure = fail(ExitCode::usage, "{}:{}:{}: {}", file.string(), number, whole.find_first_not_of(" \t") + 1,
                             status.error().message);
      failure.value().hint = "a list holds one reference a line; a YAML spec says apiVersion: kubeferry/v1";
      return failure;
    }
    if (std::ranges::find(spec.images, line) == spec.images.end()) {
      spec.images.emplace_back(line);
    }
  }
  if (spec.images.empty()) {
    Failure failure = fail(ExitCode::usage, "{}: holds nothing to carry", file.string());
    failure.value().hint = "`kubeferry spec init` writes a spec to start from";
    return failure;
  }
  return spec;
}

}  // namespace kubeferry::catalog

// SPDX-License-Identifier: Apache-2.0
#include "availability.hpp"

#include <kubeferry/base/text.hpp>

namespace kubeferry::catalog {

namespace {

struct Bound {
  std::string_view operation;  ///< "<=", "<", ">="; empty: any version
  std::string_view version;
};

Bound split_bound(std::string_view text) {
  const auto space = text.find(' ');
  if (text == "any" || space == std::string_view::npos) {
    return {};
  }
  return {text.substr(0, space), text.substr(space + 1)};
}

}  // namespace

bool is_bound(std::string_view text) {
  const Bound bound = split_bound(text);
  return text == "any" ||
         ((bound.operation == "<=" || bound.operation == "<" || bound.operation == ">=") && !bound.version.empty() &&
          bound.version.find_first_not_of("v.0123456789") == std::string_view::npos);
}

Published published(const Availability& availability, std::string_view architecture, std::string_view version) {
  const auto found = availability.find(std::string(architecture));
  if (found == availability.end()) {
    return {false, "is never published for it"};
  }
  const Bound bound = split_bound(found->second);
  if (bound.operation.empty()) {
    return {true, {}};
  }
  const int order = compare_numbers(version, bound.version);
  if (bound.operation == "<=") {
    return {order <= 0, fmt::format("is published for it only up to {}", bound.version)};
  }
  if (bound.operation == "<") {
    return {order < 0, fmt::format("is published for it only before {}", bound.version)};
  }
  return {order >= 0, fmt::format("is published for it only since {}", bound.version)};
}

std::string_view to_string(ArtifactKind kind) {
  switch (kind) {
    case ArtifactKind::binary: return "binary";
    case ArtifactKind::archive: return "archive";
    case ArtifactKind::manifest: return "manifest";
  }
  return "binary";
}

std::string_view to_string(ChecksumStyle style) {
  switch (style) {
    case ChecksumStyle::none: return "none";
    case ChecksumStyle::bare: return "bare";
    case ChecksumStyle::named: return "named";
    case ChecksumStyle::sums: return "sums";
    case ChecksumStyle::clearsigned: return "clearsigned";
  }
  return "none";
}

}  // namespace kubeferry::catalog

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include <kubeferry/packages/closure.hpp>

namespace kubeferry::packages {

/// A package that the solver chose: what identifies it in its index.
struct Chosen {
  std::size_t index = 0;
  std::string name;
  std::string version;
  std::string architecture;
  [[nodiscard]] auto operator<=>(const Chosen&) const = default;
};

/// The chosen packages as their indexes have them, in their order. Errors as closure_of().
Result<std::vector<Package>> deb_entries(const ClosureRequest& request, const std::set<Chosen>& chosen);
Result<std::vector<Package>> rpm_entries(const ClosureRequest& request, const std::set<Chosen>& chosen);

/// A location below the repository's root: relative, no empty, "." or ".." component, nothing that a URL or a file name
/// could be misread by.
Status check_location(std::string_view location);

/// Names of packages that every host of the distribution has: Essential or Priority: required.
Result<std::set<std::string>> base_names(const ClosureRequest& request);

}  // namespace kubeferry::packages

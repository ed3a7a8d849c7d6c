// SPDX-License-Identifier: Apache-2.0
#include <sys/utsname.h>

#include <algorithm>

#include <kubeferry/base/text.hpp>
#include <kubeferry/platforms/platform.hpp>

namespace kubeferry::platforms {

namespace {

std::string list_of_names() {
  std::string names;
  for (const Platform& platform : all()) {
    names += names.empty() ? "" : ", ";
    names += platform.name;
  }
  return names;
}

/// Whether `text`, in lower case, is one of the platform's names.
bool has_name(const Platform& platform, std::string_view text) {
  return text == platform.architecture || text == platform.debian || text == platform.rpm ||
         std::ranges::find(platform.machines, text) != platform.machines.end();
}

/// "arm/v7", "arm64/v8", "amd64/v1": variants that say no more than the architecture alone.
bool is_default_variant(const Platform& platform, std::string_view variant) {
  return (!platform.variant.empty() && variant == platform.variant) ||
         (platform.architecture == "arm64" && variant == "v8") || (platform.architecture == "amd64" && variant == "v1");
}

}  // namespace

Result<const Platform*> find(std::string_view text) {
  const std::string wanted = lower(text);
  std::string_view rest = wanted;
  if (rest.starts_with("linux/")) {
    rest.remove_prefix(6);
  }
  const auto slash = rest.find('/');
  const std::string_view name = rest.substr(0, slash);
  for (const Platform& platform : all()) {
    if (has_name(platform, name) &&
        (slash == std::string_view::npos || is_default_variant(platform, rest.substr(slash + 1)))) {
      return &platform;
    }
  }
  std::vector<std::string_view> candidates;
  for (const Platform& platform : all()) {
    candidates.push_back(platform.name);
    candidates.push_back(platform.architecture);
  }
  const auto near = nearest(wanted, candidates);
  Failure failure = fail(ExitCode::usage, "unknown platform \"{}\"", printable(text));
  failure.value().hint = near ? fmt::format("did you mean {}? There are {}", *near, list_of_names())
                              : fmt::format("there are {}", list_of_names());
  return failure;
}

Result<const Platform*> host() {
  utsname names{};
  if (uname(&names) != 0) {
    return fail_errno(errno, "uname");
  }
  for (const Platform& platform : all()) {
    if (std::ranges::find(platform.machines, std::string_view(names.machine)) != platform.machines.end()) {
      return &platform;
    }
  }
  Failure failure = fail(ExitCode::unsupported_host, "this machine is {}", printable(names.machine));
  failure.value().hint = "supported are " + list_of_names();
  return failure;
}

}  // namespace kubeferry::platforms

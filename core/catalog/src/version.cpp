// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/catalog/version.hpp>

#include <algorithm>
#include <charconv>

#include <kubeferry/base/text.hpp>

namespace kubeferry::catalog {

namespace {

/// A decimal of at most four digits, without a superfluous zero.
bool read_number(std::string_view text, std::uint32_t& value) {
  if (text.empty() || text.size() > 4 || (text.size() > 1 && text.front() == '0')) {
    return false;
  }
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && stop == text.data() + text.size();
}

/// "rc.0", "alpha.3", "beta.0".
bool is_prerelease(std::string_view text) {
  for (const std::string_view kind : {"alpha.", "beta.", "rc."}) {
    std::uint32_t number = 0;
    if (text.starts_with(kind)) {
      return read_number(text.substr(kind.size()), number);
    }
  }
  return false;
}

/// Takes the next number of a version off its front; 0 when there is none.
std::uint64_t next_number(std::string_view& text) {
  std::uint64_t value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
  if (text.starts_with('.')) {
    text.remove_prefix(1);
  } else {
    text = {};
  }
  return error == std::errc{} ? value : 0;
}

}  // namespace

Result<KubernetesVersion> KubernetesVersion::parse(std::string_view text) {
  std::string_view rest = text;
  if (rest.starts_with('v')) {
    rest.remove_prefix(1);
  }
  KubernetesVersion version;
  const auto dash = rest.find('-');
  const auto numbers = split(rest.substr(0, dash), '.');
  bool valid = numbers.size() == 3 && numbers[0] == "1" && read_number(numbers[1], version.minor) &&
               read_number(numbers[2], version.patch);
  if (dash != std::string_view::npos) {
    version.prerelease = rest.substr(dash + 1);
    valid = valid && is_prerelease(version.prerelease);
  }
  if (!valid) {
    Failure failure = fail(ExitCode::usage, "\"{}\" is no Kubernetes version", printable(text));
    failure.value().hint = "write all three numbers, as in v1.34.2";
    return failure;
  }
  return version;
}

std::string KubernetesVersion::to_string() const {
  return fmt::format("v1.{}.{}{}{}", minor, patch, prerelease.empty() ? "" : "-", prerelease);
}

int compare_numbers(std::string_view a, std::string_view b) {
  for (std::string_view* text : {&a, &b}) {
    if (text->starts_with('v')) {
      text->remove_prefix(1);
    }
  }
  while (!a.empty() || !b.empty()) {
    const std::uint64_t left = next_number(a);
    const std::uint64_t right = next_number(b);
    if (left != right) {
      return left < right ? -1 : 1;
    }
  }
  return 0;
}

}  // namespace kubeferry::catalog

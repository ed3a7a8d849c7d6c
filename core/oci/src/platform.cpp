// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/oci/platform.hpp>

#include <algorithm>
#include <array>
#include <span>

#include <kubeferry/base/text.hpp>

namespace kubeferry::oci {
namespace {

// Begins with a letter or digit, so that it is neither an option nor a way out of a directory.
bool is_word(std::string_view text) {
  return !text.empty() && text.size() <= 32 && std::string_view("._-").find(text.front()) == std::string_view::npos &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
         });
}

// The place of `offered` in a list of what still runs, best first.
std::optional<unsigned> place_in(std::span<const std::string_view> accepted, std::string_view offered) {
  const auto found = std::find(accepted.begin(), accepted.end(), offered);
  if (found == accepted.end()) {
    return std::nullopt;
  }
  return static_cast<unsigned>(found - accepted.begin());
}

std::optional<unsigned> arm_rank(std::string_view wanted, std::string_view offered) {
  static constexpr std::array<std::string_view, 4> k_v7 = {"v7", "", "v6", "v5"};
  static constexpr std::array<std::string_view, 2> k_v6 = {"v6", "v5"};
  if (wanted.empty() || wanted == "v7") {
    return place_in(k_v7, offered);
  }
  if (wanted == "v6") {
    return place_in(k_v6, offered);
  }
  return wanted == offered ? std::optional(0U) : std::nullopt;
}

// The levels of x86-64 include each other; a plain amd64 is the first.
std::optional<unsigned> amd64_rank(std::string_view wanted, std::string_view offered) {
  static constexpr std::array<std::string_view, 4> k_levels = {"v1", "v2", "v3", "v4"};
  const auto level = [](std::string_view variant) { return place_in(k_levels, variant.empty() ? "v1" : variant); };
  const auto most = level(wanted);
  const auto has = level(offered);
  if (!most || !has || *has > *most) {
    return std::nullopt;
  }
  return *most - *has;
}

}  // namespace

Result<Platform> Platform::parse(std::string_view text) {
  const auto words = split(text, '/');
  if (words.size() < 2 || words.size() > 3 || !std::all_of(words.begin(), words.end(), is_word)) {
    return Failure(Error{
        ExitCode::usage,
        fmt::format("platform \"{}\" is no os/architecture", text.substr(0, 80)),
        {},
        {}}.with_hint("write it like linux/amd64 or linux/arm/v7"));
  }
  return Platform{std::string(words[0]), std::string(words[1]), words.size() == 3 ? std::string(words[2]) : "", {}};
}

std::string Platform::to_string() const {
  return variant.empty() ? os + "/" + architecture : os + "/" + architecture + "/" + variant;
}

Platform normalised(Platform platform) {
  if (platform.architecture == "arm" && platform.variant.empty()) {
    platform.variant = "v7";
  } else if ((platform.architecture == "arm64" && platform.variant == "v8") ||
             (platform.architecture == "amd64" && platform.variant == "v1")) {
    platform.variant.clear();
  }
  return platform;
}

std::optional<unsigned> match_rank(const Platform& wanted, const Platform& offered) {
  if (wanted.os != offered.os || wanted.architecture != offered.architecture || offered.architecture == "unknown" ||
      wanted.os_version != offered.os_version) {
    return std::nullopt;
  }
  if (wanted.architecture == "arm") {
    return arm_rank(wanted.variant, offered.variant);
  }
  if (wanted.architecture == "amd64") {
    return amd64_rank(wanted.variant, offered.variant);
  }
  if (normalised(wanted).variant == normalised(offered).variant) {
    return wanted.variant == offered.variant ? 0U : 1U;
  }
  return std::nullopt;
}

}  // namespace kubeferry::oci

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/base/result.hpp>
#include <kubeferry/base/text.hpp>
#include <kubeferry/crypto/digest.hpp>

namespace kubeferry::packages {

/// A file that signed metadata names.
struct ListedFile {
  std::string path;  ///< relative to the folder of what names it
  crypto::Digest digest;
  std::uint64_t size = 0;  ///< in bytes
};

/// A Debian repository's Release file (Debian wiki, DebianRepository/Format), after its signature held.
struct Release {
  std::string suite;     ///< "oldstable-updates"; may be empty
  std::string codename;  ///< "bookworm-updates"; may be empty
  std::optional<TimePoint> valid_until;
  std::vector<std::string> architectures;  ///< empty: not said
  bool by_hash = false;                    ///< files are there by their hash, too
  std::map<std::string, ListedFile> files;
};

/// format error, naming `what`, when it is no Release file, lists no SHA-256, or has a Valid-Until that is no time.
Result<Release> parse_release(std::string_view text, std::string_view what);

/// policy error when `release` is of another suite than was asked for, or no longer valid at `now`. A release that says
/// neither Suite nor Codename is of any.
Status check_release(const Release& release, std::string_view suite, std::optional<TimePoint> now,
                     std::string_view what);

/// The best form of `path` ("main/binary-arm64/Packages"): xz, gzip or plain, as listed. Null pointer when it is not
/// there.
[[nodiscard]] const ListedFile* find_index(const Release& release, const std::string& path);

/// "Sat, 11 Jul 2026 10:16:37 UTC" (Debian policy's date, RFC 2822 with UTC); format error otherwise.
Result<TimePoint> parse_release_time(std::string_view text);
[[nodiscard]] std::string to_release_time(TimePoint time);

}  // namespace kubeferry::packages

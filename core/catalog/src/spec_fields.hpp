// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/base/result.hpp>

namespace kubeferry::catalog {

// The grammar of a spec's values. All errors are usage errors without a place, which the caller adds (SECURITY M44).

/// A name that may become part of a file name or an argument: a letter or digit, then letters, digits, `.` `_` `-` `+`,
/// at most 128.
Status check_name(std::string_view text);

/// An image reference: [host[:port]/]path[:tag][@digest], as the distribution specification has it. Cheap: the oci
/// room, which this one cannot see, parses it again.
Status check_image(std::string_view text);

/// "registry.k8s.io", "127.0.0.1:5000", "[::1]:5000", lower case.
Status check_host(std::string_view text);

/// http(s)://host[:port][/path]: no user, no fragment, nothing that would need escaping.
Status check_url(std::string_view text);

/// One or two slash-separated repository components in lower case: "proxy/k8s".
Status check_repository_path(std::string_view text);

/// 64 lower-case hexadecimal digits.
Status check_sha256(std::string_view text);

/// "0644" or "0755", in quotes or not as the caller likes; as a number.
Result<std::uint32_t> parse_mode(std::string_view text);

/// One CIDR, or an IPv4 and an IPv6 one with a comma between them; addresses must be those of the network.
Result<std::vector<std::string>> parse_pod_cidr(std::string_view text);

/// `path` as it is when absolute, else below the folder of `spec`. Control characters are refused.
Result<std::string> resolve_path(std::string_view path, const std::filesystem::path& spec);

/// Canonical names of platforms, sorted: every one for "all", else each by any of its names, none twice.
Result<std::string> parse_platform(std::string_view text);
std::vector<std::string> all_platforms();

}  // namespace kubeferry::catalog

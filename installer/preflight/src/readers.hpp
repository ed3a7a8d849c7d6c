// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/preflight/facts.hpp>

#include "mounts.hpp"

// The parts of read_facts().
namespace kubeferry::preflight {

/// Words between blanks.
[[nodiscard]] std::vector<std::string> words(std::string_view line);
/// The words of each line of a file, without empty lines; nothing when it cannot be read.
[[nodiscard]] std::vector<std::vector<std::string>> lines_of_words(const host::Host& host, std::string_view path);
/// What a program printed, whatever its exit status; empty when it cannot be started or takes more than a few seconds.
[[nodiscard]] std::string output(const host::Host& host, std::vector<std::string> argv);

[[nodiscard]] Kernel read_kernel(const host::Host& host);
[[nodiscard]] Cgroups read_cgroups(const host::Host& host, const std::vector<Mount>& mounts);
[[nodiscard]] Network read_network(const host::Host& host);
[[nodiscard]] std::vector<Listener> read_listeners(const host::Host& host);
[[nodiscard]] Resolver read_resolver(const host::Host& host);
[[nodiscard]] Identity read_identity(const host::Host& host);
[[nodiscard]] std::map<std::string, Place> read_places(const host::Host& host, const std::vector<Mount>& mounts);
[[nodiscard]] Software read_software(const host::Host& host);
[[nodiscard]] Security read_security(const host::Host& host, const Software& software);

}  // namespace kubeferry::preflight

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <kubeferry/preflight/question.hpp>

namespace kubeferry::preflight {

/// TCP ports that the role's programs listen on, the registry's included.
[[nodiscard]] std::vector<std::uint16_t> needed_ports(const Question& question);
/// Those that others must reach, as a firewall wants them: "6443/tcp", "30000-32767/tcp", "8472/udp".
[[nodiscard]] std::vector<std::string> reached_ports(const Question& question);
/// "the API server".
[[nodiscard]] std::string port_user(const Question& question, std::uint16_t port);

}  // namespace kubeferry::preflight

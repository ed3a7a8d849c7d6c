// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include <kubeferry/registry_server/content.hpp>
#include <kubeferry/registry_server/pull_log.hpp>
#include <kubeferry/registry_server/request.hpp>
#include <kubeferry/registry_server/response.hpp>

namespace kubeferry::registry_server {

/// Names on one page of `tags/list` and `_catalog`: what a client gets that asks for more, or for no number.
inline constexpr std::uint64_t k_max_page = 1000;

/// The answer of the registry to one request (distribution-spec 1.1, "Pull" and "Content Discovery"). Never throws for
/// bad input; failures of the content become 500 with code UNKNOWN and no detail a stranger could use.
[[nodiscard]] Response respond(const Request& request, const Content& content, const PullLog& pulls);

/// A repository name by the specification's grammar, at most 255 bytes.
[[nodiscard]] bool is_repository_path(std::string_view name);
/// A tag by the specification's grammar.
[[nodiscard]] bool is_tag(std::string_view tag);

}  // namespace kubeferry::registry_server

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <kubeferry/registry_server/content.hpp>
#include <kubeferry/registry_server/pull_log.hpp>
#include <kubeferry/registry_server/response.hpp>

namespace kubeferry::registry_server {

/// The page at `/`: what is served, and who pulled what. No script, nothing loaded, everything escaped.
[[nodiscard]] Response page(const Content& content, const PullLog& pulls);

}  // namespace kubeferry::registry_server

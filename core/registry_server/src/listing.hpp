// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/registry_server/request.hpp>
#include <kubeferry/registry_server/response.hpp>

namespace kubeferry::registry_server {

/// One page of sorted names, chosen by the request's `n` and `last`, and where the next one is.
struct Page {
  std::vector<std::string> names;
  std::string link;  ///< value of the Link field; empty on the last page
};

/// `n` larger than k_max_page is cut to it (CVE-2023-2253 let clients choose an allocation); a page of none has no
/// next.
[[nodiscard]] tl::expected<Page, Response> page_of(std::vector<std::string> names, const Request& request);

/// The response for a page: {"name":…, key:[…]}; without "name" when `name` is empty.
[[nodiscard]] Response listing_response(std::string_view name, std::string_view key, Page page);

}  // namespace kubeferry::registry_server

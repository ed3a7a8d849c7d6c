// SPDX-License-Identifier: Apache-2.0
#include "listing.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <kubeferry/base/json.hpp>
#include <kubeferry/registry_server/routes.hpp>

#include "range.hpp"

namespace kubeferry::registry_server {

namespace {

std::string link_to_next(const Request& request, std::string_view last, std::uint64_t count) {
  std::string query = fmt::format("n={}&last={}", count, encode_component(last));
  if (const auto host = request.parameter("ns")) {
    query += fmt::format("&ns={}", encode_component(*host));
  }
  return fmt::format("<{}?{}>; rel=\"next\"", encode_component(request.path), query);
}

}  // namespace

tl::expected<Page, Response> page_of(std::vector<std::string> names, const Request& request) {
  std::uint64_t count = k_max_page;
  if (const auto text = request.parameter("n"); text && !text->empty()) {
    const auto number = parse_number(*text);
    if (!number) {
      return tl::make_unexpected(
          error_response(400, ErrorCode::pagination_number_invalid, "n must be a number, 0 or larger"));
    }
    count = std::min(*number, k_max_page);
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  auto first = names.begin();
  if (const auto last = request.parameter("last")) {
    first = std::upper_bound(names.begin(), names.end(), *last);
  }
  const auto left = static_cast<std::uint64_t>(names.end() - first);
  Page page;
  const auto end = first + static_cast<std::ptrdiff_t>(std::min(count, left));
  page.names.assign(std::make_move_iterator(first), std::make_move_iterator(end));
  if (count < left && !page.names.empty()) {
    page.link = link_to_next(request, page.names.back(), count);
  }
  return page;
}

Response listing_response(std::string_view name, std::string_view key, Page page) {
  Json names = Json::array();
  for (std::string& one : page.names) {
    names.push(std::move(one));
  }
  Json body = Json::object();
  if (!name.empty()) {
    body.set("name", name);
  }
  body.set(std::string(key), std::move(names));
  Response response;
  response.headers.emplace_back("Content-Type", "application/json");
  if (!page.link.empty()) {
    response.headers.emplace_back("Link", std::move(page.link));
  }
  response.body = to_text(body);
  return response;
}

}  // namespace kubeferry::registry_server

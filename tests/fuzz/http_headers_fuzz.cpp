// SPDX-License-Identifier: Apache-2.0
// What servers put into headers: challenges, ranges, dates, links, locations.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <kubeferry/net/header_values.hpp>
#include <kubeferry/net/url.hpp>

#include "require.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kubeferry;
  using fuzz::require;
  const std::string_view text(reinterpret_cast<const char*>(data), size);

  for (const auto& challenge : net::parse_challenges(text)) {
    require(!challenge.scheme.empty() && challenge.parameters.size() <= 32,
            "a challenge has a scheme, and few parameters");
  }
  if (const auto range = net::parse_content_range(text)) {
    require(range->first <= range->last && (!range->size || range->last < *range->size),
            "a range lies within its size");
  }
  if (const auto wait = net::parse_retry_after(text, TimePoint(std::chrono::seconds(784111777)))) {
    require(wait->count() >= 0, "nobody waits into the past");
  }
  if (const auto link = net::next_link(text)) {
    require(text.find(*link) != std::string_view::npos, "a link is part of its header");
  }
  if (const auto url = net::parse_url(text)) {
    require(net::parse_url(url->text()).value() == *url, "parse_url(text()) is the same URL");
    require(url->authority().find_first_of("@/?#\\ \r\n") == std::string::npos, "nothing hides in the host");
  }
  const auto base = net::parse_url("https://registry.example:5001/v2/a/tags/list?n=1").value();
  if (const auto joined = net::join_url(base, text)) {
    require(net::parse_url(joined->text()).value() == *joined, "a joined URL is a URL");
  }
  require(net::redacted(text).size() <= 512, "messages stay short");
  return 0;
}

// SPDX-License-Identifier: Apache-2.0
#include "surroundings.hpp"

#include <algorithm>
#include <charconv>

#include <kubeferry/base/text.hpp>

namespace kubeferry::rehearsal {

namespace {

std::string_view without_length(std::string_view address) { return address.substr(0, address.find('/')); }

std::string alone(std::string_view address) {
  return fmt::format("{}/{}", address, address.find(':') == std::string_view::npos ? 32 : 128);
}

struct Endpoint {
  std::string_view host;
  std::uint64_t port = 0;  ///< 0: none said
};

/// "HOST", "HOST:PORT", "[ADDRESS]:PORT", "ADDRESS".
Endpoint parse_endpoint(std::string_view text) {
  const bool brackets = text.starts_with('[');
  const auto end = brackets ? std::min(text.find(']'), text.size()) : text.size();
  const std::string_view rest = brackets ? text.substr(end) : text;
  const auto colon = !brackets && std::ranges::count(text, ':') > 1 ? std::string_view::npos : rest.rfind(':');
  Endpoint out{.host = brackets ? text.substr(1, end - 1) : text.substr(0, colon)};
  if (colon != std::string_view::npos) {
    const auto digits = rest.substr(colon + 1);
    std::from_chars(digits.data(), digits.data() + digits.size(), out.port);
  }
  return out;
}

}  // namespace

std::vector<OwnAddress> parse_addresses(std::string_view text) {
  std::vector<OwnAddress> out;
  for (const auto line : split(text, '\n')) {
    std::vector<std::string_view> words;
    for (const auto word : split(line, ' ')) {
      if (!word.empty()) {
        words.push_back(word);
      }
    }
    // "2: eth0    inet 10.0.0.5/24 brd …"; a point-to-point one says "inet 10.0.0.5 peer 10.0.0.6/32".
    if (words.size() > 3 && (words[2] == "inet" || words[2] == "inet6")) {
      const bool has_length = words[3].find('/') != std::string_view::npos;
      out.push_back({std::string(words[1]), has_length ? std::string(words[3]) : alone(words[3])});
    }
  }
  return out;
}

void place_in_network(const Wants& wants, const std::vector<OwnAddress>& addresses, Plan& plan) {
  const auto advertised = std::ranges::find_if(
      addresses, [&](const OwnAddress& own) { return without_length(own.address) == wants.advertise_address; });
  plan.interface = advertised == addresses.end() ? "eth0" : advertised->interface;
  plan.addresses = {advertised == addresses.end() ? alone(wants.advertise_address) : advertised->address};
  const auto add = [&](std::string address) {
    const bool there = std::ranges::any_of(
        plan.addresses, [&](const std::string& known) { return without_length(known) == without_length(address); });
    if (!there) {
      plan.addresses.push_back(std::move(address));
    }
  };
  for (const auto& own : addresses) {
    add(own.interface == plan.interface ? own.address : alone(without_length(own.address)));
  }
  const Endpoint endpoint = parse_endpoint(wants.endpoint);
  if (endpoint.host.empty()) {
    return;
  }
  std::string answers = wants.advertise_address;
  if (const auto address = host::Address::parse(endpoint.host)) {
    answers = address->to_string();
    add(alone(answers));
  } else {
    plan.hosts = fmt::format("{} {}\n", answers, endpoint.host);
  }
  if (endpoint.port != 0 && endpoint.port != wants.port) {
    plan.endpoint = answers;
    plan.endpoint_port = endpoint.port;
    plan.port = wants.port;
  }
}

}  // namespace kubeferry::rehearsal

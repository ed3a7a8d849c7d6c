// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "readers.hpp"

namespace kubeferry::preflight {

namespace {

std::vector<host::Address> read_nameservers(const host::Host& host, std::string_view path) {
  std::vector<host::Address> servers;
  for (const auto& line : lines_of_words(host, path)) {
    if (line.size() > 1 && line[0] == "nameserver") {
      // A zone is allowed here, and says nothing about whether the address can be used.
      if (const auto address = host::Address::parse(line[1].substr(0, line[1].find('%')))) {
        servers.push_back(*address);
      }
    }
  }
  return servers;
}

std::vector<host::Address> look_up_hosts(const host::Host& host, const std::string& name) {
  std::vector<host::Address> addresses;
  for (const auto& line : lines_of_words(host, "/etc/hosts")) {
    const auto comment = std::find_if(line.begin(), line.end(), [](const auto& word) { return word[0] == '#'; });
    const bool named =
        std::any_of(line.begin(), comment, [&](const auto& word) { return equals_ignoring_case(word, name); });
    const auto address = host::Address::parse(line[0]);
    if (named && address) {
      addresses.push_back(*address);
    }
  }
  return addresses;
}

/// A value of os-release: `ID_LIKE="rhel fedora"`.
std::string os_value(const host::Host& host, std::string_view key) {
  const std::string text = host.text("/etc/os-release").value_or(host.text("/usr/lib/os-release").value_or(""));
  for (const auto line : split(text, '\n')) {
    if (line.starts_with(key) && line.substr(key.size()).starts_with('=')) {
      std::string value(trim(line.substr(key.size() + 1)));
      std::erase_if(value, [](char c) { return c == '"' || c == '\''; });
      return value;
    }
  }
  return {};
}

}  // namespace

Resolver read_resolver(const host::Host& host) {
  Resolver resolver;
  resolver.exists = host.text("/etc/resolv.conf").has_value();
  resolver.nameservers = read_nameservers(host, "/etc/resolv.conf");
  if (host.text(k_resolved_file)) {
    resolver.upstream = read_nameservers(host, k_resolved_file);
  }
  return resolver;
}

Identity read_identity(const host::Host& host) {
  Identity identity;
  identity.hostname = host.line("/proc/sys/kernel/hostname").value_or("");
  identity.in_hosts_file = look_up_hosts(host, identity.hostname);
  const auto getent = host.program("getent");
  identity.resolves =
      !identity.in_hosts_file.empty() ||
      (getent && !identity.hostname.empty() && !trim(output(host, {*getent, "hosts", identity.hostname})).empty());
  identity.machine_id = host.line("/etc/machine-id");
  identity.product_uuid = host.line("/sys/class/dmi/id/product_uuid");
  identity.os_id = os_value(host, "ID");
  identity.os_like = os_value(host, "ID_LIKE");
  identity.os_version = os_value(host, "VERSION_ID");
  return identity;
}

}  // namespace kubeferry::preflight

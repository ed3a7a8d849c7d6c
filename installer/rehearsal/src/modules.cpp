// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/rehearsal/modules.hpp>

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include <kubeferry/base/fd.hpp>
#include <kubeferry/base/text.hpp>

namespace kubeferry::rehearsal {

namespace {

constexpr auto k_unload_patience = std::chrono::seconds(5);
constexpr std::string_view k_names[] = {"overlay",   "br_netfilter", "bridge",         "stp",       "llc",
                                        "vxlan",     "udp_tunnel",   "ip6_udp_tunnel", "veth",      "dummy",
                                        "x_tables",  "ip_tables",    "ip6_tables",     "libcrc32c", "nfnetlink",
                                        "af_packet", "ipip",         "tunnel4",        "ip_tunnel"};
constexpr std::string_view k_prefixes[] = {"nf_",      "nft_",      "xt_",    "ipt_",  "ip6t_",
                                           "iptable_", "ip6table_", "ip_set", "ip_vs", "ebt"};

bool is_ours(std::string_view name) {
  return std::ranges::find(k_names, name) != std::end(k_names) ||
         std::ranges::any_of(k_prefixes, [name](std::string_view prefix) { return name.starts_with(prefix); });
}

}  // namespace

std::set<std::string> parse_modules(std::string_view text) {
  std::set<std::string> names;
  for (const auto line : split(text, '\n')) {
    if (const auto name = line.substr(0, line.find(' ')); !name.empty()) {
      names.emplace(name);
    }
  }
  return names;
}

std::vector<std::string> loaded_by_us(const std::set<std::string>& before, const std::set<std::string>& after) {
  std::vector<std::string> ours;
  std::ranges::copy_if(after, std::back_inserter(ours),
                       [&](const std::string& name) { return !before.contains(name) && is_ours(name); });
  return ours;
}

std::set<std::string> loaded_modules() {
  return parse_modules(read_file("/proc/modules", std::uint64_t{1} << 20).value_or(""));
}

std::vector<std::string> unload_since(const std::set<std::string>& before) {
  const auto deadline = std::chrono::steady_clock::now() + k_unload_patience;
  for (;;) {
    const auto left = loaded_by_us(before, loaded_modules());
    if (left.empty()) {
      return left;
    }
    // One that another of them uses goes in a later round. In use by others it stays.
    const auto gone = std::ranges::count_if(
        left, [](const std::string& name) { return ::syscall(SYS_delete_module, name.c_str(), O_NONBLOCK) == 0; });
    if (gone == 0) {
      if (std::chrono::steady_clock::now() > deadline) {
        return left;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
    }
  }
}

}  // namespace kubeferry::rehearsal

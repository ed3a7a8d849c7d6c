// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/base/result.hpp>
#include <kubeferry/host/host.hpp>

// What kube-proxy, the kubelet and CNI plugins leave in the packet filter, taken out by name. Everything else stays.
namespace kubeferry::node {

/// Whether a chain of that name is theirs: KUBE-…, CNI-…, FLANNEL-…, cali-….
[[nodiscard]] bool is_cluster_chain(std::string_view chain);

/// What `iptables-restore --noflush` must be told so that of the rules in `saved` (the text of iptables-save) those of
/// the cluster go: rules in its chains or to them, then the chains. Rules of others are not touched, nor are counters.
/// Empty when there is nothing to take out. Format: iptables-save(8).
[[nodiscard]] std::string without_cluster_rules(std::string_view saved);

/// The tables in `saved` (the text of iptables-save) that do nothing: no rule, no chain but the built-in ones, and
/// those accept.
[[nodiscard]] std::vector<std::string> idle_tables(std::string_view saved);

/// The tables of the nft kind that do something, IPv4 and IPv6: "iptables-nft nat". The first rule in one makes it, and
/// a host without nft(8) has no word to take it away again: one that is left so is nobody's.
[[nodiscard]] std::set<std::string> packet_filter_tables(const host::Host& host);

/// Takes away tables of the nft kind that are not in `kept` (packet_filter_tables() of before) and do nothing now. As
/// far as the host has the programs: a table that stays is harmless.
void remove_idle_tables(const host::Host& host, const std::set<std::string>& kept);

/// Takes the cluster's rules out of the IPv4 and IPv6 filter, in the nft and the legacy kind, as far as the host has
/// the programs. io errors of the programs.
Status clean_packet_filter(const host::Host& host);

}  // namespace kubeferry::node

// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/node/packet_filter.hpp>

#include <algorithm>
#include <array>
#include <vector>

#include <kubeferry/base/text.hpp>

namespace kubeferry::node {

namespace {

constexpr std::array<std::string_view, 4> k_prefixes = {"KUBE-", "CNI-", "FLANNEL-", "cali-"};

/// "-A FORWARD -m comment … -j KUBE-FORWARD" → chain FORWARD, target KUBE-FORWARD. A comment is quoted when it has
/// blanks, so a word behind -j inside one would need a quote before it; such words are skipped.
struct Rule {
  std::string_view chain;
  std::string_view target;
};

std::vector<std::string_view> words(std::string_view line) {
  std::vector<std::string_view> out;
  std::size_t at = 0;
  while (at < line.size()) {
    if (line[at] == ' ') {
      ++at;
      continue;
    }
    std::size_t end = at;
    bool quoted = false;
    for (; end < line.size() && (quoted || line[end] != ' '); ++end) {
      if (line[end] == '\\') {
        ++end;
      } else if (line[end] == '"') {
        quoted = !quoted;
      }
    }
    end = std::min(end, line.size());
    out.push_back(line.substr(at, end - at));
    at = end;
  }
  return out;
}

Rule rule_of(std::string_view line) {
  Rule rule;
  const auto parts = words(line);
  for (std::size_t n = 0; n + 1 < parts.size(); ++n) {
    if (n == 0 && parts[n] == "-A") {
      rule.chain = parts[n + 1];
    } else if (parts[n] == "-j" || parts[n] == "-g" || parts[n] == "--jump" || parts[n] == "--goto") {
      rule.target = parts[n + 1];
    }
  }
  return rule;
}

/// One table's share of the answer.
struct Table {
  std::string name;
  std::vector<std::string> chains;
  std::vector<std::string> rules;

  [[nodiscard]] std::string text() const {
    if (chains.empty() && rules.empty()) {
      return {};
    }
    std::string out = fmt::format("*{}\n", name);
    // A chain that is declared is emptied by --noflush too: then nothing of the cluster's refers to another of its own.
    for (const auto& chain : chains) {
      out += fmt::format(":{} - [0:0]\n", chain);
    }
    for (const auto& rule : rules) {
      out += fmt::format("-D{}\n", rule.substr(2));
    }
    for (const auto& chain : chains) {
      out += fmt::format("-X {}\n", chain);
    }
    return out + "COMMIT\n";
  }
};

/// The filter as iptables-save has it. Empty on a host without that program, or a kernel without that kind of filter:
/// there are no rules of it either.
std::string saved_by(const host::Host& host, std::string_view kind) {
  const auto save = host.program(fmt::format("{}-save", kind));
  return save ? host.output_of({*save}).value_or("") : std::string();
}

Status clean(const host::Host& host, std::string_view kind) {
  const auto restore = host.program(fmt::format("{}-restore", kind));
  const std::string orders = restore ? without_cluster_rules(saved_by(host, kind)) : std::string();
  if (orders.empty()) {
    return {};
  }
  KF_TRY_ASSIGN(const ProcessOutput output,
                host.run({.argv = {*restore, "--noflush", "--wait", "10"}, .input = orders}));
  if (output.exit_status != 0) {
    return fail(ExitCode::io, "{}: {}", *restore, host::last_line(output.err));
  }
  return {};
}

/// iptables' name for it, and nft's for its family. Of the legacy kind a table is a module of the kernel's.
constexpr std::array<std::pair<std::string_view, std::string_view>, 2> k_nft_kinds = {
    {{"iptables-nft", "ip"}, {"ip6tables-nft", "ip6"}}};

}  // namespace

bool is_cluster_chain(std::string_view chain) {
  return std::ranges::any_of(k_prefixes, [&](std::string_view prefix) { return chain.starts_with(prefix); });
}

std::string without_cluster_rules(std::string_view saved) {
  std::string out;
  Table table;
  for (const auto line : split(saved, '\n')) {
    if (line.starts_with('*')) {
      table = Table{.name = std::string(line.substr(1))};
    } else if (line.starts_with(':')) {
      const auto chain = line.substr(1, line.find(' ') - 1);
      if (is_cluster_chain(chain)) {
        table.chains.emplace_back(chain);
      }
    } else if (line.starts_with("-A ")) {
      const Rule rule = rule_of(line);
      if (!is_cluster_chain(rule.chain) && is_cluster_chain(rule.target)) {
        table.rules.emplace_back(line);
      }
    } else if (line == "COMMIT") {
      out += table.text();
    }
  }
  return out;
}

std::vector<std::string> idle_tables(std::string_view saved) {
  std::vector<std::string> out;
  std::string table;
  bool idle = false;
  for (const auto line : split(saved, '\n')) {
    if (line.starts_with('*')) {
      table = line.substr(1);
      idle = true;
    } else if (line.starts_with(':')) {
      // A chain of somebody's has no policy: ":SITE - [0:0]".
      idle = idle && line.find(" ACCEPT ") != std::string_view::npos;
    } else if (line == "COMMIT") {
      if (idle) {
        out.push_back(table);
      }
    } else if (!line.empty() && !line.starts_with('#')) {
      idle = false;
    }
  }
  return out;
}

std::set<std::string> packet_filter_tables(const host::Host& host) {
  std::set<std::string> out;
  for (const auto& [kind, family] : k_nft_kinds) {
    const std::string saved = saved_by(host, kind);
    for (const auto line : split(saved, '\n')) {
      if (line.starts_with('*')) {
        out.insert(fmt::format("{} {}", kind, line.substr(1)));
      }
    }
    for (const auto& table : idle_tables(saved)) {
      out.erase(fmt::format("{} {}", kind, table));
    }
  }
  return out;
}

void remove_idle_tables(const host::Host& host, const std::set<std::string>& kept) {
  for (const auto& [kind, family] : k_nft_kinds) {
    const auto iptables = host.program(kind);
    const auto nft = host.program("nft");
    for (const auto& table : idle_tables(saved_by(host, kind))) {
      if (kept.contains(fmt::format("{} {}", kind, table)) || !iptables) {
        continue;
      }
      // The built-in chains go when they are empty; iptables has no word for the table itself.
      const auto emptied = host.output_of({*iptables, "--table", table, "--wait", "10", "--delete-chain"});
      if (emptied && nft) {
        static_cast<void>(host.output_of({*nft, "delete", "table", std::string(family), table}));
      }
    }
  }
}

Status clean_packet_filter(const host::Host& host) {
  Status first;
  for (const std::string_view kind : {"iptables-nft", "ip6tables-nft", "iptables-legacy", "ip6tables-legacy"}) {
    Status cleaned = clean(host, kind);
    if (!cleaned && first) {
      first = std::move(cleaned);
    }
  }
  return first;
}

}  // namespace kubeferry::node

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <kubeferry/node/install.hpp>

#include "bundle_options.hpp"
#include "command.hpp"

namespace kubeferry::cli {

/// What init and join both take: kubeadm's own flags about a node, and ours about how to go about it.
struct NodeOptions {
  TrustOption trust;
  std::string config;
  std::string advertise;
  std::uint16_t bind_port = 0;
  std::string cri_socket;
  std::string node_name;
  std::string patches;
  std::vector<std::string> skip_phases;
  std::vector<std::string> ignored;
  std::uint16_t registry_port = 5000;
  std::string patience;  ///< empty: 10m for the node, kubeadm's own defaults for kubeadm
  bool preload = false;
  bool install_packages = false;
  bool dry_run = false;

  void add_to(CLI::App& command);
  /// usage, io errors of reading what they name.
  Result<node::CommonOptions> read() const;
};

/// "2h", "90m", "3600s", "1h30m" → seconds; usage error naming `option` otherwise, and for nothing at all.
Result<std::chrono::seconds> parse_duration(const std::string& text, const std::string& option);

/// A commands's Talk: lines to the console, kubeadm's own output as it is to standard error.
[[nodiscard]] node::Talk talk_of(const Context& context);

/// usage error unless root runs this.
Status need_root(std::string_view command);

/// Says what the checks found, and what of the host's is used. The error that preflight::verdict() has.
Status judge(const node::Draft& draft, const Context& context);

/// Drafts, checks, and unless it is a dry run carries out, in the order that changes nothing before the checks pass,
/// and holds the lock from before the first change (docs/installing.md). Nothing for a dry run, which has printed the
/// plan.
/// `packages`, unless empty, brings the bundle's onto the host when nothing else is in the way.
Result<std::optional<node::Outcome>> install(
    const host::Host& host, bool dry_run, const Context& context, const std::function<Status()>& packages,
    const std::function<Result<node::Draft>(const steps::Journal&)>& draft,
    const std::function<Result<node::Outcome>(node::Draft, steps::Journal&)>& carry_out);

}  // namespace kubeferry::cli

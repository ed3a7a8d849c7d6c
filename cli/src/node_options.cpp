// SPDX-License-Identifier: Apache-2.0
#include "node_options.hpp"

#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <filesystem>

#include <CLI/CLI.hpp>

#include <kubeferry/preflight/report.hpp>
#include <kubeferry/steps/run.hpp>

#include "missing_packages.hpp"
#include "output.hpp"
#include "user_file.hpp"

namespace kubeferry::cli {

namespace {

constexpr std::uint64_t k_largest_config = std::uint64_t{1} << 20;

template <class T>
std::optional<T> given(const T& value) {
  return value == T() ? std::nullopt : std::optional(value);
}

/// kubeadm reads them when much has been changed already, and says where it stands only then.
Result<std::string> directory_of_patches(const std::string& given) {
  std::error_code problem;
  const std::filesystem::path path = std::filesystem::canonical(given, problem);
  if (problem || !std::filesystem::is_directory(path, problem)) {
    return fail(ExitCode::usage, "--patches: {}: no such directory", given);
  }
  return path.native();
}

Status print_plan(const host::Host& host, const node::Draft& draft, Format format) {
  if (format == Format::json) {
    Json out;
    KF_TRY_ASSIGN(Json plan, steps::plan_json(host, draft.plan));
    out.set("findings", preflight::report_json(draft.findings)).set("steps", std::move(plan));
    return print_json(out);
  }
  KF_TRY_ASSIGN(const std::string text, steps::plan_text(host, draft.plan));
  return print(text);
}

}  // namespace

void NodeOptions::add_to(CLI::App& command) {
  trust.add_to(command);
  command.add_option("--config", config, "Your own kubeadm configuration; it is completed, never contradicted")
      ->type_name("FILE");
  command.add_option("--apiserver-advertise-address", advertise, "The address that others reach this node by")
      ->type_name("ADDRESS");
  command.add_option("--apiserver-bind-port", bind_port, "Port of the API server; default 6443")->type_name("PORT");
  command.add_option("--cri-socket", cri_socket, "Which container runtime, where the host has several")
      ->type_name("SOCKET");
  command.add_option("--node-name", node_name, "Name of this node; default: the host's")->type_name("NAME");
  command.add_option("--patches", patches, "Directory of kubeadm patches")->type_name("DIR");
  command.add_option("--skip-phases", skip_phases, "kubeadm phases to leave out")
      ->delimiter(',')
      ->type_name("PHASE,…")
      ->allow_extra_args(false);
  command.add_option("--ignore", ignored, "Take what this check finds for a warning; repeatable")
      ->type_name("NAME[,NAME]")
      ->allow_extra_args(false);
  command.add_option("--registry-port", registry_port, "Where this node serves the bundle; default 5000")
      ->type_name("PORT");
  command
      .add_option("--timeout", patience,
                  "How long the node, and each part of it while kubeadm waits, may take to be Ready; default 10m")
      ->type_name("DURATION");
  command.add_flag("--preload", preload, "Import the images out of the bundle instead of pulling them");
  command.add_flag("--install-packages", install_packages,
                   "First install what this host lacks of the bundle's packages (conntrack, socat, …)");
  command.add_flag("--dry-run", dry_run, "Print every file, command and unit that would change, and change nothing");
}

Result<node::CommonOptions> NodeOptions::read() const {
  if (dry_run && install_packages) {
    return Failure(Error{ExitCode::usage,
                         "--dry-run changes nothing, and --install-packages would: which?",
                         "`kubeferry packages install --dry-run` says which packages would come",
                         {}});
  }
  KF_TRY_ASSIGN(crypto::Keyset keyset, trust.load());
  node::CommonOptions out{
      .trust = std::move(keyset), .trust_file = trust.path, .registry_port = registry_port, .preload = preload};
  out.node = {.apiserver_advertise_address = given(advertise),
              .apiserver_bind_port = given(bind_port),
              .cri_socket = given(cri_socket),
              .node_name = given(node_name),
              .skip_phases = skip_phases};
  if (!patches.empty()) {
    KF_TRY_ASSIGN(out.node.patches, directory_of_patches(patches));
  }
  if (!config.empty()) {
    KF_TRY_ASSIGN(std::string text, read_user_file(config, k_largest_config));
    out.file = kubeadm::ConfigFile{config, std::move(text)};
  }
  KF_TRY_ASSIGN(out.ignored, preflight::parse_ignored(ignored));
  out.node.ignore_preflight_errors = preflight::kubeadm_names(out.ignored);
  if (!patience.empty()) {
    KF_TRY_ASSIGN(out.patience, parse_duration(patience, "--timeout"));
    out.timeouts = {.control_plane = out.patience, .kubelet = out.patience};
  }
  return out;
}

Result<std::chrono::seconds> parse_duration(const std::string& text, const std::string& option) {
  const auto wrong = [&] {
    return fail(ExitCode::usage, "{}: \"{}\" is no duration such as 2h, 90m or 1h30m", option, text);
  };
  constexpr std::uint64_t k_longest = std::uint64_t{10} * 365 * 24 * 3600;
  std::uint64_t total = 0;
  std::string_view rest = text;
  while (!rest.empty()) {
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
    if (error != std::errc() || end == rest.data() + rest.size()) {
      return wrong();
    }
    const std::uint64_t unit = *end == 'h' ? 3600 : *end == 'm' ? 60 : *end == 's' ? 1 : 0;
    if (unit == 0) {
      return wrong();
    }
    total += number * unit;
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()) + 1);
  }
  if (total == 0 || total > k_longest) {
    return wrong();
  }
  return std::chrono::seconds(total);
}

node::Talk talk_of(const Context& context) {
  node::Talk talk{.info = [&context](std::string_view line) { context.console.info(line); },
                  .detail = [&context](std::string_view line) { context.console.detail(line); },
                  .warning = [&context](std::string_view line) { context.console.warning(line); },
                  .stop = context.stop};
  if (context.console.level() != Console::Level::quiet && context.format == Format::text) {
    talk.program = [](std::string_view piece) { std::fwrite(piece.data(), 1, piece.size(), stderr); };
  }
  return talk;
}

Status need_root(std::string_view command) {
  if (::geteuid() == 0) {
    return {};
  }
  return Failure(Error{ExitCode::unsupported_host,
                       fmt::format("{} changes this host, so it must be run by root", command),
                       "put sudo before it",
                       {}});
}

Status judge(const node::Draft& draft, const Context& context) {
  if (const Status verdict = preflight::verdict(draft.findings, draft.role); !verdict) {
    if (context.format == Format::text) {
      context.console.info("");
      std::fputs(preflight::report_text(draft.findings, draft.role).c_str(), stderr);
    }
    return verdict;
  }
  for (const auto& finding : draft.findings) {
    if (finding.severity == preflight::Severity::warning) {
      context.console.warning(fmt::format("{}: {}", finding.name, finding.what));
    }
  }
  for (const auto& line : draft.kept) {
    context.console.info(line);
  }
  return {};
}

Result<std::optional<node::Outcome>> install(
    const host::Host& host, bool dry_run, const Context& context, const std::function<Status()>& packages,
    const std::function<Result<node::Draft>(const steps::Journal&)>& make_draft,
    const std::function<Result<node::Outcome>(node::Draft, steps::Journal&)>& carry_out) {
  // Where nothing of ours is yet, not even the lock is made before the checks have passed.
  std::optional<steps::Journal> journal;
  const bool locked = !dry_run && host.exists(steps::k_state_directory);
  {
    KF_TRY_ASSIGN(steps::Journal first, locked ? steps::Journal::open(host) : steps::Journal::peek(host));
    journal.emplace(std::move(first));
  }
  auto drafted = make_draft(*journal);
  if (packages) {
    KF_TRY(check_all_but_packages(drafted, context));
    KF_TRY(packages());
    drafted = make_draft(*journal);
  }
  KF_TRY_ASSIGN(node::Draft draft, std::move(drafted));
  if (dry_run) {
    KF_TRY(print_plan(host, draft, context.format));
    KF_TRY(judge(draft, context));
    return std::optional<node::Outcome>();
  }
  KF_TRY(judge(draft, context));
  if (!locked) {
    KF_TRY_ASSIGN(steps::Journal opened, steps::Journal::open(host));
    journal.emplace(std::move(opened));
    if (!journal->empty()) {
      // Somebody was faster. What was drafted for a bare host does not count any more.
      KF_TRY_ASSIGN(draft, make_draft(*journal));
      KF_TRY(judge(draft, context));
    }
  }
  KF_TRY_ASSIGN(auto outcome, carry_out(std::move(draft), *journal));
  return std::optional(outcome);
}

}  // namespace kubeferry::cli

// SPDX-License-Identifier: Apache-2.0
#include "rehearsal_options.hpp"

#include <algorithm>
#include <array>

#include <CLI/CLI.hpp>

#include <kubeferry/preflight/facts.hpp>

#include "output.hpp"

namespace kubeferry::cli {

namespace {

constexpr std::string_view k_wanted = "--rehearse";
constexpr std::string_view k_inside = "--inside-rehearsal";
constexpr std::array<std::string_view, 2> k_with_value = {"--rehearsal-dir", "--rehearsal-logs"};

/// The same command line for the init inside.
std::vector<std::string> arguments_inside(const std::vector<std::string>& given) {
  std::vector<std::string> out;
  const auto rest = std::ranges::find(given, "--");
  for (auto word = given.begin(); word != rest; ++word) {
    const bool valued = std::ranges::any_of(k_with_value, [&](std::string_view option) {
      return word->starts_with(option) && word->substr(option.size()).starts_with('=');
    });
    if (std::ranges::find(k_with_value, *word) != k_with_value.end()) {
      ++word;
      if (word == rest) {
        break;
      }
    } else if (*word != k_wanted && !valued) {
      out.push_back(*word);
    }
  }
  out.emplace_back(k_inside);
  out.insert(out.end(), rest, given.end());
  return out;
}

std::vector<std::string> name_servers(const host::Host& host) {
  std::vector<std::string> out;
  const preflight::Resolver resolver = preflight::read_facts(host).resolver;
  for (const auto& address : resolver.nameservers) {
    out.push_back(address.to_string());
  }
  for (const auto& address : resolver.upstream.value_or(std::vector<host::Address>())) {
    out.push_back(address.to_string());
  }
  return out;
}

Status answer(const rehearsal::Outcome& outcome, Format format) {
  const auto milliseconds = static_cast<std::uint64_t>(outcome.took.count());
  const Json* kubernetes = outcome.answer.find("kubernetes");
  if (format == Format::json) {
    Json out;
    out.set("rehearsal", "passed").set("milliseconds", milliseconds);
    return print_json(out.set("egress", outcome.egress.json()).set("init", outcome.answer));
  }
  const std::string version = kubernetes != nullptr && kubernetes->as_string() != nullptr ? *kubernetes->as_string()
                                                                                          : std::string("Kubernetes");
  return print(fmt::format(
      "\nrehearsal passed: Kubernetes {} became Ready with nothing but the bundle in {:.0f} s; this host is "
      "as it was\n{}\n",
      version, static_cast<double>(milliseconds) / 1000, egress_text(outcome.egress)));
}

}  // namespace

void RehearsalOptions::add_to(CLI::App& command) {
  command.add_flag(std::string(k_wanted), wanted,
                   "Do all of it on a copy of this host without a network, say how it went, and leave nothing");
  command
      .add_option("--rehearsal-dir", directory,
                  "Where the copy is kept meanwhile; default /var/lib/kubeferry-rehearsal")
      ->type_name("DIR");
  command
      .add_option("--rehearsal-logs", logs,
                  "Keep what kubeadm, units and Pods said there; default: beside the copy, after a failure")
      ->type_name("DIR");
  command.add_flag(std::string(k_inside), inside)->group("");
}

Status RehearsalOptions::check(bool dry_run, bool site_registry) const {
  if (inside && !rehearsal::is_rehearsal()) {
    return fail(ExitCode::usage, "{} is for rehearsals to say to themselves: use {}", k_inside, k_wanted);
  }
  if (!wanted) {
    const bool alone = logs.empty() && directory == rehearsal::k_default_directory;
    return alone ? Status() : fail(ExitCode::usage, "--rehearsal-dir and --rehearsal-logs only go with {}", k_wanted);
  }
  if (dry_run) {
    return fail(ExitCode::usage, "--dry-run does nothing, and {} does everything on a copy: which?", k_wanted);
  }
  if (site_registry) {
    return Failure(Error{ExitCode::usage,
                         "a rehearsal has no network, so it cannot ask the --registry",
                         "rehearse without --registry, or see --dry-run, which asks it for each image",
                         {}});
  }
  return {};
}

Status RehearsalOptions::run(const host::Host& host, const node::Draft& draft, const Context& context) const {
  rehearsal::Wants wants{.directory = directory,
                         .logs = logs,
                         .arguments = arguments_inside(context.arguments),
                         .advertise_address = draft.kubeadm.advertise_address,
                         .port = draft.kubeadm.bind_port,
                         .endpoint = draft.kubeadm.control_plane_endpoint,
                         .networks = draft.kubeadm.pod_subnets,
                         .name_servers = name_servers(host)};
  const auto& services = draft.kubeadm.service_subnets;
  wants.networks.insert(wants.networks.end(), services.begin(), services.end());
  const rehearsal::Talk talk{.info = [&](std::string_view line) { context.console.info(line); },
                             .warning = [&](std::string_view line) { context.console.warning(line); },
                             .stop = context.stop};
  context.console.info("checks passed; the rehearsal begins, on a copy of this host and without a network");
  KF_TRY_ASSIGN(const rehearsal::Outcome outcome, rehearsal::rehearse(host, wants, talk));
  return answer(outcome, context.format);
}

}  // namespace kubeferry::cli

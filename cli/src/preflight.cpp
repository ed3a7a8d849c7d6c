// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/preflight/check.hpp>

#include <memory>
#include <optional>
#include <set>

#include <CLI/CLI.hpp>

#include <kubeferry/node/needs.hpp>
#include <kubeferry/preflight/report.hpp>
#include <kubeferry/source/node_source.hpp>

#include "bundle_options.hpp"
#include "command.hpp"
#include "output.hpp"

namespace kubeferry::cli {

namespace {

struct PreflightOptions {
  std::string file;
  TrustOption trust;
  bool join = false;
  bool control_plane = false;
  std::string pods;
  std::string services;
  std::string advertise;
  std::uint16_t registry_port = 5000;
  std::vector<std::string> ignored;

  [[nodiscard]] preflight::Role role() const {
    return control_plane ? preflight::Role::control_plane : join ? preflight::Role::worker : preflight::Role::init;
  }
};

// What kubeadm takes when it is told nothing.
constexpr std::string_view k_default_services = "10.96.0.0/12";

/// What the user's words mean, before the host is looked at: a misspelt one need not wait for that.
struct Parsed {
  std::set<std::string> ignored;
  std::vector<host::Cidr> pods;
  std::vector<host::Cidr> services;
  std::optional<host::Address> advertise;
};

Result<Parsed> parse(const PreflightOptions& options) {
  Parsed parsed;
  KF_TRY_ASSIGN(parsed.ignored, preflight::parse_ignored(options.ignored));
  if (!options.pods.empty()) {
    KF_TRY_ASSIGN(parsed.pods, host::parse_dual_stack(options.pods));
  }
  std::string services = options.services;
  if (services.empty() && options.role() == preflight::Role::init) {
    services = k_default_services;
  }
  if (!services.empty()) {
    KF_TRY_ASSIGN(parsed.services, host::parse_dual_stack(services));
  }
  if (!options.advertise.empty()) {
    KF_TRY_ASSIGN(parsed.advertise, host::Address::parse(options.advertise));
  }
  return parsed;
}

Status answer(const std::vector<preflight::Finding>& findings, const preflight::Question& question, Format format) {
  const auto unchecked = preflight::left_out(question);
  if (format == Format::json) {
    Json out = preflight::report_json(findings);
    Json names = Json::array();
    for (const auto& name : unchecked) {
      names.push(name);
    }
    out.set("notChecked", std::move(names));
    return print_json(out);
  }
  std::string text;
  if (!unchecked.empty()) {
    text = fmt::format("not checked{}: {}\n", question.bundle ? "" : " without a bundle", fmt::join(unchecked, ", "));
  }
  return print(text + preflight::report_text(findings, question.role));
}

/// What the bundle asks of the host; without one, what its role does.
Result<preflight::Question> bundle_question(const std::shared_ptr<const bundle::Bundle>& bundle, preflight::Role role,
                                            const std::string& platform) {
  if (!bundle) {
    return preflight::Question{.role = role};
  }
  KF_TRY_ASSIGN(auto question, preflight::question_for(*bundle, role, platform));
  KF_TRY_ASSIGN(const auto network, node::pod_network_of(*source::local(bundle)));
  question.network = node::host_needs(network);
  return question;
}

Status run_preflight(const PreflightOptions& options, const Context& context) {
  KF_TRY_ASSIGN(Parsed parsed, parse(options));
  std::shared_ptr<const bundle::Bundle> bundle;
  if (!options.file.empty()) {
    KF_TRY_ASSIGN(bundle, options.trust.open(options.file));
  }
  const preflight::Facts facts = preflight::read_facts(host::Host::local());
  KF_TRY_ASSIGN(preflight::Question question, bundle_question(bundle, options.role(), facts.kernel.platform));
  question.trust = options.trust.path;
  question.ignored = std::move(parsed.ignored);
  question.pods = std::move(parsed.pods);
  question.services = std::move(parsed.services);
  question.advertise = parsed.advertise;
  if (question.control_plane()) {
    question.registry_port = options.registry_port;
  }
  const auto findings = preflight::check(facts, question);
  KF_TRY(answer(findings, question, context.format));
  return preflight::verdict(findings, question.role);
}

}  // namespace

void add_preflight(CLI::App& app, Commands& commands) {
  CLI::App* command = app.add_subcommand("preflight", "Check whether this host can become a node, and change nothing");
  auto options = std::make_shared<PreflightOptions>();
  command->add_option("FILE", options->file, "The bundle that is to be installed; without it less is checked");
  options->trust.add_to(*command);
  auto* join = command->add_flag("--join", options->join, "The host is to join a cluster as a worker");
  command->add_flag("--control-plane", options->control_plane, "The host is to join a cluster as a control plane")
      ->excludes(join);
  command->add_option("--pod-network-cidr", options->pods, "Network of pods; one, or one of each family")
      ->type_name("CIDR[,CIDR]");
  command
      ->add_option("--service-cidr", options->services,
                   fmt::format("Network of services; default for a first control plane: {}", k_default_services))
      ->type_name("CIDR[,CIDR]");
  command->add_option("--apiserver-advertise-address", options->advertise, "The address that others reach this host by")
      ->type_name("ADDRESS");
  command
      ->add_option("--registry-port", options->registry_port,
                   "Where a control plane would serve the bundle; default 5000")
      ->type_name("PORT");
  command->add_option("--ignore", options->ignored, "Take what this check finds for a warning; repeatable")
      ->type_name("NAME[,NAME]")
      ->allow_extra_args(false);
  commands.add_format(command);
  commands.on(command, [options](const Context& context) { return run_preflight(*options, context); });
}

}  // namespace kubeferry::cli

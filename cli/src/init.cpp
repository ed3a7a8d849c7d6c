// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <memory>

#include <CLI/CLI.hpp>

#include <kubeferry/node/install.hpp>

#include "command.hpp"
#include "missing_packages.hpp"
#include "node_options.hpp"
#include "output.hpp"
#include "policy_options.hpp"
#include "rehearsal_options.hpp"
#include "site_options.hpp"

namespace kubeferry::cli {

namespace {

struct InitOptions {
  std::string file;
  NodeOptions node;
  PolicyOptions policy;
  SiteOptions site;
  RehearsalOptions rehearsal;
  std::string pods;
  std::string services;
  std::string endpoint;
  std::string image_repository;
  std::string dns_domain;
  std::vector<std::string> extra_names;
  bool single_node = false;
  bool upload_certificates = false;
  std::string token_ttl = "2h";
};

std::optional<std::string> given(const std::string& text) { return text.empty() ? std::nullopt : std::optional(text); }

Result<node::InitOptions> read(const InitOptions& options, const host::Host& host, const Context& context) {
  KF_TRY_ASSIGN(node::CommonOptions common, options.node.read());
  node::InitOptions out{.common = std::move(common)};
  KF_TRY_ASSIGN(out.bundle, options.node.trust.open(options.file));
  out.cluster = {.pod_network_cidr = given(options.pods),
                 .service_cidr = given(options.services),
                 .control_plane_endpoint = given(options.endpoint),
                 .image_repository = given(options.image_repository),
                 .service_dns_domain = given(options.dns_domain),
                 .apiserver_cert_extra_sans = options.extra_names};
  KF_TRY_ASSIGN(out.site, options.site.read(context.stop));
  if (out.site && out.common.preload) {
    return fail(ExitCode::usage, "--preload takes images out of the bundle, and --registry out of a registry: which?");
  }
  out.single_node = options.single_node;
  out.upload_certificates = options.upload_certificates;
  KF_TRY_ASSIGN(out.token_ttl, parse_duration(options.token_ttl, "--token-ttl"));
  out.rehearsal = options.rehearsal.inside;
  out.caller = node::caller(host, environment);
  return out;
}

std::string kubeconfig_of(const node::InitOptions& options) { return options.caller.home + "/.kube/config"; }

Json answer_json(const node::InitOptions& options, const node::Outcome& outcome) {
  Json out;
  out.set("kubernetes", options.bundle->manifest().kubernetes);
  out.set("joinPack", node::k_join_pack).set("kubeconfig", kubeconfig_of(options));
  out.set("stepsApplied", std::uint64_t{outcome.applied}).set("stepsKept", std::uint64_t{outcome.kept});
  out.set("ownMilliseconds", static_cast<std::uint64_t>(outcome.ours.count()));
  return out.set("otherMilliseconds", static_cast<std::uint64_t>(outcome.elsewhere.count()));
}

Status answer(const node::InitOptions& options, const node::Outcome& outcome, const InitOptions& said, Format format) {
  const std::string kubeconfig = kubeconfig_of(options);
  if (format == Format::json) {
    return print_json(answer_json(options, outcome));
  }
  const auto seconds = [](std::chrono::milliseconds time) { return static_cast<double>(time.count()) / 1000; };
  return print(fmt::format(
      "\nKubernetes {} is up: {} steps, {} were in order already; {:.1f} s of kubeferry's own, {:.1f} s of kubeadm and "
      "of waiting for it.\n"
      "  kubectl      uses {} (or {}; whoever has it is root of the cluster)\n"
      "  next nodes   take {} and kubeferry there, then\n"
      "                 kubeferry join --pack join.pack --trust {}\n"
      "  later        kubeferry status, kubeferry join-pack create, kubeferry reset\n",
      options.bundle->manifest().kubernetes, outcome.applied, outcome.kept, seconds(outcome.ours),
      seconds(outcome.elsewhere), kubeconfig, node::k_admin_conf, node::k_join_pack, said.node.trust.path));
}

/// Checks all that init would check of this host, then has init itself run on a copy of it.
Status rehearse(const host::Host& host, const InitOptions& options, const node::InitOptions& wanted,
                const Context& context) {
  const std::array bundles = {wanted.bundle};
  KF_TRY(options.policy.check(bundles));
  const node::Talk talk = talk_of(context);
  KF_TRY_ASSIGN(const steps::Journal journal, steps::Journal::peek(host));
  if (!journal.empty()) {
    return Failure(Error{ExitCode::unsupported_host,
                         "kubeferry has installed on this host already: there is nothing left to rehearse here",
                         "rehearse on another machine, or `kubeferry reset` first",
                         {}});
  }
  KF_TRY_ASSIGN(const node::Draft draft, node::draft_init(host, wanted, journal, talk));
  KF_TRY(judge(draft, context));
  return options.rehearsal.run(host, draft, context);
}

Status run_init(InitOptions options, const Context& context) {
  KF_TRY(options.rehearsal.check(options.node.dry_run, !options.site.registry.empty()));
  if (options.rehearsal.wanted && options.node.install_packages) {
    return Failure(Error{ExitCode::usage,
                         "a rehearsal leaves this host as it is, and --install-packages would not",
                         "install them first: `kubeferry packages install`",
                         {}});
  }
  if (!options.node.dry_run) {
    KF_TRY(need_root("init"));
  }
  const host::Host host = host::Host::local();
  KF_TRY_ASSIGN(const node::InitOptions wanted, read(options, host, context));
  if (options.policy.state.empty()) {
    options.policy.state = fmt::format("{}/trust.json", steps::k_state_directory);
  }
  if (options.rehearsal.wanted) {
    return rehearse(host, options, wanted, context);
  }
  const std::array bundles = {wanted.bundle};
  KF_TRY_ASSIGN(bundle::TrustState state, options.policy.check(bundles));
  std::function<Status()> packages;
  if (options.node.install_packages) {
    packages = [&] { return install_missing_packages(host, bundle::contents_of(*wanted.bundle), context); };
  }
  const node::Talk talk = talk_of(context);
  KF_TRY_ASSIGN(const auto outcome,
                install(
                    host, options.node.dry_run, context, packages,
                    [&](const steps::Journal& journal) { return node::draft_init(host, wanted, journal, talk); },
                    [&](node::Draft draft, steps::Journal& journal) -> Result<node::Outcome> {
                      KF_TRY(options.policy.remember(std::move(state), bundles));
                      return node::carry_out_init(host, wanted, std::move(draft), journal, talk);
                    }));
  if (outcome && options.rehearsal.inside) {
    return rehearsal::leave_answer(answer_json(wanted, *outcome));
  }
  return outcome ? answer(wanted, *outcome, options, context.format) : Status();
}

/// In a rehearsal the error goes to who started it, who knows more and says it once.
Status run_anywhere(const InitOptions& options, const Context& context) {
  Status status = run_init(options, context);
  if (!status && options.rehearsal.inside && rehearsal::is_rehearsal()) {
    return rehearsal::leave_answer(propagate(std::move(status)));
  }
  return status;
}

}  // namespace

void add_init(CLI::App& app, Commands& commands) {
  CLI::App* command = app.add_subcommand("init", "Make this host the first control plane of a cluster");
  auto options = std::make_shared<InitOptions>();
  command->add_option("FILE", options->file, "The bundle")->required();
  options->node.add_to(*command);
  options->site.add_to(*command);
  command->add_option("--pod-network-cidr", options->pods, "Network of Pods; default: what the bundle's CNI says")
      ->type_name("CIDR[,CIDR]");
  command->add_option("--service-cidr", options->services, "Network of Services; default 10.96.0.0/12")
      ->type_name("CIDR[,CIDR]");
  command
      ->add_option("--control-plane-endpoint", options->endpoint,
                   "Stable address of all control planes; without it there can be only one")
      ->type_name("HOST[:PORT]");
  command->add_option("--image-repository", options->image_repository, "Where kubeadm takes its images from")
      ->type_name("HOST/PATH");
  command->add_option("--service-dns-domain", options->dns_domain, "Domain of Services; default cluster.local")
      ->type_name("DOMAIN");
  command->add_option("--apiserver-cert-extra-sans", options->extra_names, "Further names of the API server")
      ->delimiter(',')
      ->type_name("NAME,…")
      ->allow_extra_args(false);
  command->add_flag("--single-node", options->single_node, "Let Pods run on this control plane");
  command->add_flag("--upload-certs", options->upload_certificates,
                    "Put into the join pack what another control plane needs");
  command->add_option("--token-ttl", options->token_ttl, "How long the join pack is good; default 2h")
      ->type_name("DURATION");
  options->policy.add_to(*command);
  options->rehearsal.add_to(*command);
  commands.add_format(command);
  commands.on(
      command, [options](const Context& context) { return run_anywhere(*options, context); },
      "what was done is in the journal; run the same command again to go on, or `kubeferry reset` to take it back");
}

}  // namespace kubeferry::cli

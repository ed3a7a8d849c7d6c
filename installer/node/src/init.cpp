// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/node/install.hpp>

#include <algorithm>

#include <kubeferry/base/fd.hpp>
#include <kubeferry/kubeadm/cluster.hpp>
#include <kubeferry/kubeadm/secrets.hpp>
#include <kubeferry/node/cluster_record.hpp>
#include <kubeferry/node/extra_manifests.hpp>
#include <kubeferry/node/packs.hpp>
#include <kubeferry/preflight/question.hpp>
#include <kubeferry/steps/basic_steps.hpp>

#include "bundle_copy.hpp"
#include "draft_common.hpp"
#include "host_plan.hpp"
#include "kubeadm_step.hpp"
#include "registry_plan.hpp"

namespace kubeferry::node {

namespace {

constexpr const char* k_token_file = "/var/lib/kubeferry/kubeadm/token";

/// The user's flags; with a registry of the site's, it is where kubeadm takes its images from.
Result<kubeadm::ClusterFlags> cluster_flags(const InitOptions& options) {
  kubeadm::ClusterFlags flags = options.cluster;
  if (!options.site) {
    return flags;
  }
  const std::string repository = options.site->place.name();
  if (flags.image_repository.value_or(repository) != repository) {
    return Failure(
        Error{ExitCode::usage,
              fmt::format("--image-repository {} contradicts --registry {}", *flags.image_repository, repository),
              "--registry is where `kubeferry mirror` put the images: leave --image-repository away",
              {}});
  }
  flags.image_repository = repository;
  return flags;
}

Result<kubeadm::Documents> documents_of(const InitOptions& options, const Survey& survey,
                                        const crypto::SecretText& token, const std::optional<PodNetwork>& network,
                                        const kubeadm::NodeFlags& node) {
  KF_TRY_ASSIGN(kubeadm::ClusterFlags cluster, cluster_flags(options));
  kubeadm::InitInput input{.kubernetes = survey.kubernetes,
                           .kubeadm = survey.kubernetes,
                           .node = node,
                           .cluster = std::move(cluster),
                           .file = options.common.file,
                           .defaults = defaults_of(survey),
                           .timeouts = options.common.timeouts,
                           .token = &token,
                           .token_ttl = options.token_ttl,
                           .single_node = options.single_node,
                           .rehearsal = options.rehearsal};
  if (network) {
    input.defaults.pod_subnet = fmt::format("{}", fmt::join(network->cidrs, ","));
  }
  return kubeadm::init_documents(input);
}

/// kubeadm's configuration and the token in it, root's alone.
void add_init_configuration(steps::Plan& plan, const kubeadm::Documents& documents, const crypto::SecretText& token) {
  add_configuration(plan, documents, "init.yaml");
  plan.push_back(steps::text_file(k_token_file, std::string(token.view()), 0600, steps::Secret::yes));
}

Result<preflight::Question> question_of(const InitOptions& options, const Survey& survey, const kubeadm::Facts& facts,
                                        const std::optional<PodNetwork>& network, const steps::Journal& journal) {
  KF_TRY_ASSIGN(auto question, preflight::question_for(*options.bundle, preflight::Role::init, survey.platform->name));
  if (!options.site) {
    question.registry_port = options.common.registry_port;
    question.add_need(std::string(k_bundle_directory), options.bundle->file_bytes(), 1);
  }
  question.network = host_needs(network);
  complete(question, options.common, facts, journal);
  return question;
}

Result<source::JoinPack> make_pack(const host::Host& host, const InitOptions& options, const Draft& draft,
                                   const Kubectl& kubectl) {
  KF_TRY_ASSIGN(const auto program, kubeadm::find_program(host, draft.kubeadm_program));
  const auto& facts = draft.kubeadm;
  return new_join_pack(host, kubectl, program,
                       {.endpoint = facts.control_plane_endpoint,
                        .cri_socket = facts.cri_socket,
                        .ttl = options.token_ttl,
                        .certificates = options.upload_certificates});
}

/// Where this cluster's images are: on this node, by steps, or in the site's registry, which has them already.
struct Images {
  installer::RegistryPlace place;
  std::string ca_pem;
  std::optional<runtime::SiteHosts> site;
  steps::Plan plan;
};

Result<Images> images_here(const host::Host& host, const InitOptions& options, const kubeadm::Facts& facts) {
  const auto copied = [&](const std::string& to) { return bundle_copy(*options.bundle, to, options.common.trust); };
  KF_TRY_ASSIGN(NodeRegistry registry, registry_plan(host, {.manifest = options.bundle->manifest_digest(),
                                                            .bring = copied,
                                                            .trust = options.common.trust,
                                                            .address = facts.advertise_address,
                                                            .names = {facts.node_name},
                                                            .port = options.common.registry_port}));
  return Images{.place = registry.place, .ca_pem = registry.ca_pem, .plan = std::move(registry.plan)};
}

Result<Images> images_at(const SiteRegistry& site) {
  KF_TRY_ASSIGN(auto access, runtime_access(site));
  return Images{.place = site.place, .ca_pem = site.ca_pem, .site = std::move(access)};
}

/// `network` as this cluster is to have it.
Result<std::optional<PodNetwork>> adapted(std::optional<PodNetwork> network, const kubeadm::Facts& facts,
                                          const SiteNames& names) {
  if (network) {
    KF_TRY_ASSIGN(network, with_cidrs(std::move(*network), facts.pod_subnets));
    KF_TRY_ASSIGN(network, with_site_images(std::move(*network), names));
  }
  return network;
}

}  // namespace

Result<Draft> draft_init(const host::Host& host, const InitOptions& options, const steps::Journal& journal,
                         const Talk& talk) {
  const auto held = std::make_shared<Held>();
  held->source = source::local(options.bundle);
  KF_TRY_ASSIGN(held->survey, survey(host, *held->source, journal, wanted_socket(options.common)));
  Survey& survey = held->survey;
  KF_TRY_ASSIGN(const crypto::SecretText token, lasting_secret(host, k_token_file, kubeadm::generate_token));
  KF_TRY_ASSIGN(auto network, pod_network_of(*held->source));
  KF_TRY_ASSIGN(kubeadm::Documents documents, documents_of(options, survey, token, network, options.common.node));
  if (const auto flags = node_flags(options.common, survey, documents.facts.fail_cgroup_v1);
      flags.ignore_preflight_errors != options.common.node.ignore_preflight_errors) {
    KF_TRY_ASSIGN(documents, documents_of(options, survey, token, network, flags));
  }
  SiteNames names;
  if (options.site) {
    KF_TRY(check_site(*options.site, options.bundle, *survey.platform,
                      options.single_node ? NeedsBundle::no : NeedsBundle::yes));
    KF_TRY_ASSIGN(names, site_names(options.bundle->manifest(), options.site->place));
  }
  KF_TRY_ASSIGN(network, adapted(std::move(network), documents.facts, names));
  KF_TRY_ASSIGN(auto extras, extra_manifests_of(*held->source));
  for (auto& extra : extras) {
    KF_TRY_ASSIGN(extra, with_site_images(std::move(extra), names));
  }

  Draft draft = begin_draft(preflight::Role::init, held, documents.facts);
  std::ranges::copy(documents.changes, std::back_inserter(draft.kept));
  KF_TRY_ASSIGN(const auto question, question_of(options, survey, documents.facts, network, journal));
  draft.findings = preflight::check(survey.facts, question);

  const kubeadm::Program now{.path = survey.kubeadm, .version = survey.kubernetes};
  KF_TRY_ASSIGN(const auto doubts, kubeadm::validate(host, now, documents.text.view()));
  std::ranges::for_each(doubts, talk.warning);
  KF_TRY_ASSIGN(std::vector<std::string> references, kubeadm::images(host, now, documents.text.view()));
  const std::string sandbox = sandbox_image(references);
  if (network) {
    references.insert(references.end(), network->images.begin(), network->images.end());
  }
  for (const auto& extra : extras) {
    references.insert(references.end(), extra.images.begin(), extra.images.end());
  }
  KF_TRY(check_programs(*held->source, *survey.platform));
  KF_TRY_ASSIGN(auto images, wanted_images(*held->source, *survey.platform, references, names));
  if (!options.site) {
    KF_TRY(add_run_time_images(images, *held->source, *survey.platform, network));
  } else {
    KF_TRY_ASSIGN(images, at_site(*options.site, *held->source, std::move(images)));
  }

  KF_TRY_ASSIGN(Images from, options.site ? images_at(*options.site) : images_here(host, options, documents.facts));
  HostWants wants{.kubeadm = documents.facts,
                  .cgroup_driver = documents.facts.cgroup_driver,
                  .sandbox_image = sandbox,
                  .pod_cidrs = documents.facts.pod_subnets,
                  .network = host_needs(network).value_or(preflight::NetworkNeeds()),
                  .upstreams = installer::upstream_registries(options.bundle->manifest()),
                  .registries = {from.place},
                  .registry_ca = from.ca_pem,
                  .site = std::move(from.site)};
  append(draft.plan, std::move(from.plan));
  KF_TRY_ASSIGN(auto below, host_plan(host, survey, wants));
  append(draft.plan, std::move(below));
  KF_TRY_ASSIGN(auto bringing, image_steps(*held, options.common, documents.facts.cri_socket, images, talk));
  append(draft.plan, std::move(bringing));
  add_init_configuration(draft.plan, documents, token);
  add_kubeadm(draft, *held, documents, KubeadmRun::Verb::init, options.common.patience, talk);
  if (network) {
    draft.plan.push_back(pod_network(draft.kubectl, network->name, network->manifest));
  }
  for (const auto& extra : extras) {
    draft.plan.push_back(extra_manifest(draft.kubectl, extra.name, extra.manifest));
  }
  if (options.single_node) {
    draft.plan.push_back(untaint(draft.kubectl, documents.facts.node_name));
  }
  draft.plan.push_back(record_serving(draft.kubectl, options.bundle->manifest_digest().to_string(),
                                      {documents.facts.node_name, from.place, from.ca_pem}));
  draft.plan.push_back(kubeconfig(options.caller));
  draft.facts.set("registry", from.place.name());
  return draft;
}

Result<Outcome> carry_out_init(const host::Host& host, const InitOptions& options, Draft draft, steps::Journal& journal,
                               const Talk& talk) {
  return carry_out(host, draft, "init", journal, talk, [&]() -> Status {
    const Kubectl kubectl(host, draft.kubectl, host.at(k_admin_conf).native());
    const Patience patience{.whole = options.common.patience, .stop = talk.stop, .say = talk.info};
    KF_TRY(wait_for_node(kubectl, draft.kubeadm.node_name, patience));
    // Before waiting for Pods: further nodes may be what they wait for.
    if (!host.exists(k_join_pack)) {
      KF_TRY_ASSIGN(const source::JoinPack pack, make_pack(host, options, draft, kubectl));
      KF_TRY(source::write_join_pack(host.at(k_join_pack), pack));
    }
    return wait_for_pods(kubectl, draft.kubeadm.node_name, patience);
  });
}

}  // namespace kubeferry::node

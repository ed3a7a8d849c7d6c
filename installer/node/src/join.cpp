// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/node/install.hpp>

#include <algorithm>

#include <kubeferry/catalog/catalog.hpp>
#include <kubeferry/catalog/needs.hpp>
#include <kubeferry/node/cluster_record.hpp>
#include <kubeferry/preflight/question.hpp>
#include <kubeferry/source/remote.hpp>
#include <kubeferry/steps/basic_steps.hpp>

#include "bundle_copy.hpp"
#include "draft_common.hpp"
#include "host_plan.hpp"
#include "kubeadm_step.hpp"
#include "registry_plan.hpp"

namespace kubeferry::node {

namespace {

bool control_plane(const JoinOptions& options) { return options.as == source::JoinAs::control_plane; }

/// Whether this node is going to serve the bundle itself.
bool serves(const JoinOptions& options, const std::optional<SiteRegistry>& site) {
  return control_plane(options) && !site;
}

Result<std::shared_ptr<const source::RemoteBundle>> source_of(const JoinOptions& options, const Talk& talk) {
  source::RemoteOptions remote = source::remote_options(options.pack, options.common.trust);
  remote.credentials = options.credentials;
  remote.stop = talk.stop;
  remote.warning = talk.warning;
  return source::remote(std::move(remote));
}

Result<kubeadm::Documents> documents_of(const JoinOptions& options, const Survey& survey) {
  kubeadm::JoinInput input{.kubeadm = survey.kubernetes,
                           .node = node_flags(options.common, survey, options.pack.fail_cgroup_v1),
                           .file = options.common.file,
                           .defaults = defaults_of(survey),
                           .timeouts = options.common.timeouts,
                           .token = &options.pack.token,
                           .api_server_endpoint = options.pack.endpoint,
                           .ca_cert_hashes = options.pack.ca_cert_hashes};
  if (control_plane(options)) {
    input.control_plane = kubeadm::JoinControlPlane{
        .certificate_key = options.pack.certificate_key ? &options.pack.certificate_key->key : nullptr};
  }
  return kubeadm::join_documents(input);
}

/// What this node's kubelet will ask for. kubeadm cannot say it for a node that joins, so the catalog does; images of a
/// custom repository are in the bundle under the names that kubeadm gives them there.
Result<std::vector<std::string>> references_of(const JoinOptions& options, const Survey& survey,
                                               const std::optional<PodNetwork>& network) {
  KF_TRY_ASSIGN(const catalog::Catalog catalog, catalog::Catalog::builtin());
  KF_TRY_ASSIGN(const auto all, catalog::kubernetes_images(catalog, survey.kubernetes, options.pack.image_repository));
  std::vector<std::string> out;
  for (const auto& image : all.images) {
    const bool everywhere = image.reference.find("/kube-proxy:") != std::string::npos ||
                            image.reference.find("/pause:") != std::string::npos ||
                            image.reference.find("/coredns:") != std::string::npos;
    if (everywhere || control_plane(options)) {
      out.push_back(image.reference);
    }
  }
  if (network) {
    out.insert(out.end(), network->images.begin(), network->images.end());
  }
  return out;
}

Result<preflight::Question> question_of(const JoinOptions& options, const Survey& survey,
                                        const source::NodeSource& source, const kubeadm::Facts& facts,
                                        const steps::Journal& journal, std::span<const runtime::WantedImage> images,
                                        const std::optional<PodNetwork>& network, bool serves) {
  const bundle::Manifest& manifest = source.manifest();
  preflight::Question question = preflight::question_for(
      manifest, control_plane(options) ? preflight::Role::control_plane : preflight::Role::worker,
      survey.platform->name);
  question.network = host_needs(network);
  if (options.pack_is_file) {
    question.bundle->named = "--pack " + options.pack_name;
  }
  KF_TRY_ASSIGN(const std::uint64_t bytes, stored_bytes(source, images));
  question.add_images(bytes, images.size());
  if (serves) {
    question.registry_port = options.common.registry_port;
    question.add_need(std::string(k_bundle_directory), manifest.payload_length, 1);
  }
  complete(question, options.common, facts, journal);
  // A node that joins takes this from the cluster, whatever kubeadm's documents here say.
  question.fail_cgroup_v1 = options.pack.fail_cgroup_v1;
  return question;
}

}  // namespace

Result<Draft> draft_join(const host::Host& host, const JoinOptions& options, const steps::Journal& journal,
                         const Talk& talk) {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  KF_TRY(source::check(options.pack, now, options.as));
  KF_TRY_ASSIGN(const auto remote, source_of(options, talk));
  const auto held = std::make_shared<Held>();
  held->source = remote;
  KF_TRY_ASSIGN(held->survey, survey(host, *held->source, journal, wanted_socket(options.common)));
  Survey& survey = held->survey;
  // Who names the registries by hand has not been told the cluster's version.
  if (!options.pack.kubernetes_version.empty() && survey.kubernetes.to_string() != options.pack.kubernetes_version) {
    return fail(ExitCode::policy, "{}: the cluster is {}, the bundle that it serves {}", options.pack_name,
                options.pack.kubernetes_version, survey.kubernetes.to_string());
  }
  const auto site = site_of(options.pack, options.credentials, talk.stop);
  if (site && options.common.preload) {
    return fail(ExitCode::usage, "--preload: this cluster's images are in {}, not in its nodes' bundle",
                site->place.name());
  }
  SiteNames names;
  KF_TRY_ASSIGN(auto network, pod_network_of(*held->source));
  if (site) {
    KF_TRY_ASSIGN(names, site_names(remote->manifest(), site->place));
    if (network) {
      KF_TRY_ASSIGN(network, with_site_images(std::move(*network), names));
    }
  }
  KF_TRY_ASSIGN(const kubeadm::Documents documents, documents_of(options, survey));

  Draft draft = begin_draft(control_plane(options) ? preflight::Role::control_plane : preflight::Role::worker, held,
                            documents.facts);
  KF_TRY_ASSIGN(const auto references, references_of(options, survey, network));
  KF_TRY(check_programs(*held->source, *survey.platform));
  KF_TRY_ASSIGN(auto images, wanted_images(*held->source, *survey.platform, references, names));
  if (!site) {
    KF_TRY(add_run_time_images(images, *held->source, *survey.platform, network));
  }
  KF_TRY_ASSIGN(const auto question, question_of(options, survey, *held->source, documents.facts, journal, images,
                                                 network, serves(options, site)));
  draft.findings = preflight::check(survey.facts, question);

  HostWants wants{.kubeadm = documents.facts,
                  .cgroup_driver = options.pack.cgroup_driver.empty() ? defaults_of(survey).cgroup_driver
                                                                      : options.pack.cgroup_driver,
                  .sandbox_image = sandbox_image(references),
                  .pod_cidrs = network ? network->cidrs : std::vector<std::string>(),
                  .network = host_needs(network).value_or(preflight::NetworkNeeds()),
                  .upstreams = installer::upstream_registries(remote->manifest()),
                  .registries = options.pack.registries,
                  .registry_ca = options.pack.registry_ca};
  if (site) {
    KF_TRY_ASSIGN(images, at_site(*site, *held->source, std::move(images)));
    KF_TRY_ASSIGN(wants.site, runtime_access(*site));
  }
  std::optional<NodeRegistry> registry;
  if (serves(options, site)) {
    RegistryWants mine{.manifest = remote->manifest_digest(),
                       .trust = options.common.trust,
                       .address = documents.facts.advertise_address,
                       .names = {documents.facts.node_name},
                       .port = options.common.registry_port};
    mine.bring = [&](const std::string& to) { return bundle_fetch(remote, to, talk.stop); };
    KF_TRY_ASSIGN(registry.emplace(), registry_plan(host, mine));
    append(draft.plan, std::move(registry->plan));
    // Its own first: then it does not depend on the others.
    std::erase(wants.registries, registry->place);
    wants.registries.insert(wants.registries.begin(), registry->place);
    if (wants.registry_ca.find(registry->ca_pem) == std::string::npos) {
      wants.registry_ca += registry->ca_pem;
    }
  }
  KF_TRY_ASSIGN(auto below, host_plan(host, survey, wants));
  append(draft.plan, std::move(below));
  KF_TRY_ASSIGN(auto bringing, image_steps(*held, options.common, documents.facts.cri_socket, images, talk));
  append(draft.plan, std::move(bringing));
  add_configuration(draft.plan, documents, "join.yaml");
  add_kubeadm(draft, *held, documents, KubeadmRun::Verb::join, options.common.patience, talk);
  if (registry) {
    draft.plan.push_back(record_serving(draft.kubectl, remote->manifest_digest().to_string(),
                                        {documents.facts.node_name, registry->place, registry->ca_pem}));
    draft.facts.set("registry", registry->place.name());
  }
  draft.facts.set("endpoint", options.pack.endpoint);
  return draft;
}

Result<Outcome> carry_out_join(const host::Host& host, const JoinOptions& options, Draft draft, steps::Journal& journal,
                               const Talk& talk) {
  return carry_out(host, draft, "join", journal, talk, [&] {
    // A worker has no administrator's kubeconfig; what its kubelet may read is its own node.
    const Kubectl kubectl(host, draft.kubectl, host.at("/etc/kubernetes/kubelet.conf").native());
    return wait_for_node(kubectl, draft.kubeadm.node_name,
                         {.whole = options.common.patience, .stop = talk.stop, .say = talk.info});
  });
}

}  // namespace kubeferry::node

// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/node/install.hpp>

#include <algorithm>

#include <kubeferry/base/fd.hpp>
#include <kubeferry/kubeadm/cluster.hpp>
#include <kubeferry/kubeadm/secrets.hpp>
#include <kubeferry/node/cluster_record.hpp>
#include <kubeferry/node/packs.hpp>
#include <kubeferry/preflight/question.hpp>
#include <kubeferry/steps/basic_steps.hpp>

#include "draft_common.hpp"
#include "host_plan.hpp"
#include "kubeadm_step.hpp"
#include "registry_plan.hpp"

namespace kubeferry::node {

namespace {

std::string file_in(std::string_view directory, std::string_view name) { return fmt::format("{}/{}", directory, name); }

struct Secrets {
  crypto::SecretText token;
  crypto::SecretText certificate_key;  // empty: not asked for
};

Result<Secrets> secrets_of(const host::Host& host, const InitOptions& options) {
  Secrets out;
  KF_TRY_ASSIGN(out.token, lasting_secret(host, file_in(k_kubeadm_directory, "token"), kubeadm::generate_token));
  if (options.upload_certificates) {
    KF_TRY_ASSIGN(out.certificate_key, lasting_secret(host, file_in(k_kubeadm_directory, "certificate-key"),
                                                      kubeadm::generate_certificate_key));
  }
  return out;
}

Result<kubeadm::Documents> documents_of(const InitOptions& options, const Survey& survey, const Secrets& secrets,
                                        const std::optional<PodNetwork>& network) {
  kubeadm::InitInput input{.kubernetes = survey.kubernetes,
                           .kubeadm = survey.kubernetes,
                           .node = options.common.node,
                           .cluster = options.cluster,
                           .file = options.common.file,
                           .defaults = defaults_of(survey),
                           .timeouts = options.common.timeouts,
                           .token = &secrets.token,
                           .token_ttl = options.token_ttl,
                           .certificate_key = options.upload_certificates ? &secrets.certificate_key : nullptr,
                           .single_node = options.single_node};
  if (network) {
    input.defaults.pod_subnet = fmt::format("{}", fmt::join(network->cidrs, ","));
  }
  return kubeadm::init_documents(input);
}

std::vector<std::string> upstreams_of(const InitOptions& options) {
  const std::array bundles = {options.bundle};
  return installer::upstream_registries(bundles);
}

/// kubeadm's configuration and the secrets it is made of, root's alone.
void add_configuration(steps::Plan& plan, const kubeadm::Documents& documents, const Secrets& secrets) {
  const auto secret = [&](std::string_view name, std::string_view text) {
    plan.push_back(steps::text_file(file_in(k_kubeadm_directory, name), std::string(text), 0600, steps::Secret::yes));
  };
  plan.push_back(steps::directory(std::string(k_kubeadm_directory), 0700, steps::Remove::with_content));
  secret("token", secrets.token.view());
  if (!secrets.certificate_key.empty()) {
    secret("certificate-key", secrets.certificate_key.view());
  }
  secret("init.yaml", documents.text.view());
}

Result<preflight::Question> question_of(const InitOptions& options, const Survey& survey, const kubeadm::Facts& facts,
                                        const steps::Journal& journal) {
  KF_TRY_ASSIGN(auto question, preflight::question_for(*options.bundle, preflight::Role::init, survey.platform->name));
  question.registry_port = options.common.registry_port;
  question.add_need(std::string(k_bundle_directory), options.bundle->file_bytes(), 1);
  complete(question, options.common, facts, journal);
  return question;
}

std::string absolute(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::absolute(path, ignored).lexically_normal().native();
}

Result<source::JoinPack> make_pack(const host::Host& host, const InitOptions& options, const Draft& draft,
                                   const Kubectl& kubectl) {
  KF_TRY_ASSIGN(const auto program, kubeadm::find_program(host, draft.kubeadm_program));
  const auto& facts = draft.kubeadm;
  return new_join_pack(host, kubectl, program, draft.kubectl,
                       {.endpoint = facts.control_plane_endpoint,
                        .certificates_dir = facts.certificates_dir,
                        .cri_socket = facts.cri_socket,
                        .ttl = options.token_ttl,
                        .certificates = options.upload_certificates});
}

}  // namespace

Result<Draft> draft_init(const host::Host& host, const InitOptions& options, const steps::Journal& journal,
                         const Talk& talk) {
  const auto held = std::make_shared<Held>();
  held->source = source::local(options.bundle);
  KF_TRY_ASSIGN(held->survey, survey(host, *held->source, journal, wanted_socket(options.common)));
  Survey& survey = held->survey;
  KF_TRY_ASSIGN(const Secrets secrets, secrets_of(host, options));
  KF_TRY_ASSIGN(auto network, pod_network_of(*held->source));
  KF_TRY_ASSIGN(const kubeadm::Documents documents, documents_of(options, survey, secrets, network));
  if (network) {
    KF_TRY_ASSIGN(network, with_cidrs(std::move(*network), documents.facts.pod_subnets));
  }

  Draft draft{.role = preflight::Role::init, .kept = survey.files.kept, .kubeadm = documents.facts, .held = held};
  draft.kubectl = survey.files.programs.at("kubectl");
  draft.kubeadm_program = survey.files.programs.at("kubeadm");
  KF_TRY_ASSIGN(const auto question, question_of(options, survey, documents.facts, journal));
  draft.findings = preflight::check(survey.facts, question);

  const kubeadm::Program now{.path = survey.kubeadm, .version = survey.kubernetes};
  KF_TRY_ASSIGN(const auto doubts, kubeadm::validate(host, now, documents.text.view()));
  std::ranges::for_each(doubts, talk.warning);
  KF_TRY_ASSIGN(std::vector<std::string> references, kubeadm::images(host, now, documents.text.view()));
  const std::string sandbox = sandbox_image(references);
  if (network) {
    references.insert(references.end(), network->images.begin(), network->images.end());
  }
  KF_TRY_ASSIGN(const auto images, wanted_images(*held->source, *survey.platform, references));

  KF_TRY_ASSIGN(NodeRegistry registry, registry_plan(host, {.bundle_file = absolute(options.bundle->name()),
                                                            .manifest = options.bundle->manifest_digest(),
                                                            .bytes = options.bundle->file_bytes(),
                                                            .trust = options.common.trust,
                                                            .address = documents.facts.advertise_address,
                                                            .names = {documents.facts.node_name},
                                                            .port = options.common.registry_port}));
  HostWants wants{.kubeadm = documents.facts,
                  .cgroup_driver = documents.facts.cgroup_driver,
                  .sandbox_image = sandbox,
                  .pod_cidrs = documents.facts.pod_subnets,
                  .upstreams = upstreams_of(options),
                  .registries = {registry.place},
                  .registry_ca = registry.ca_pem};
  append(draft.plan, std::move(registry.plan));
  KF_TRY_ASSIGN(auto below, host_plan(host, survey, wants));
  append(draft.plan, std::move(below));
  append(draft.plan, image_steps(survey, documents.facts.cri_socket, images, talk));
  add_configuration(draft.plan, documents, secrets);
  draft.plan.push_back(kubeadm_step({.verb = KubeadmRun::Verb::init,
                                     .program = {.path = draft.kubeadm_program, .version = survey.kubernetes},
                                     .configuration = file_in(k_kubeadm_directory, "init.yaml"),
                                     .arguments = documents.arguments,
                                     .cri_socket = documents.facts.cri_socket,
                                     .certificates_dir = documents.facts.certificates_dir,
                                     .log = file_in(k_kubeadm_directory, "init.log"),
                                     .elsewhere = draft.elsewhere,
                                     .talk = talk}));
  if (network) {
    draft.plan.push_back(pod_network(draft.kubectl, network->name, network->manifest));
  }
  if (options.single_node) {
    draft.plan.push_back(untaint(draft.kubectl, documents.facts.node_name));
  }
  draft.plan.push_back(record_serving(draft.kubectl, options.bundle->manifest_digest().to_string(),
                                      {documents.facts.node_name, registry.place, registry.ca_pem}));
  draft.plan.push_back(kubeconfig(options.caller));
  draft.facts.set("bundle", options.bundle->manifest_digest().to_string());
  draft.facts.set("name", fmt::format("{} {}", options.bundle->manifest().name, options.bundle->manifest().version));
  draft.facts.set("kubernetes", options.bundle->manifest().kubernetes);
  draft.facts.set("node", documents.facts.node_name).set("criSocket", documents.facts.cri_socket);
  draft.facts.set("registry", registry.place.name());
  return draft;
}

Result<Outcome> carry_out_init(const host::Host& host, const InitOptions& options, Draft draft, steps::Journal& journal,
                               const Talk& talk) {
  KF_TRY_ASSIGN(Outcome outcome, carry_out(host, draft, "init", journal, talk));
  const auto waiting = std::chrono::steady_clock::now();
  const Kubectl kubectl(host, draft.kubectl, host.at(k_admin_conf).native());
  const Patience patience{.whole = options.common.patience, .stop = talk.stop, .say = talk.info};
  KF_TRY(wait_for_node(kubectl, draft.kubeadm.node_name, patience));
  // Before waiting for Pods: further nodes may be what they wait for.
  if (!host.exists(k_join_pack)) {
    KF_TRY_ASSIGN(const source::JoinPack pack, make_pack(host, options, draft, kubectl));
    KF_TRY(source::write_join_pack(host.at(k_join_pack), pack));
  }
  KF_TRY(wait_for_pods(kubectl, draft.kubeadm.node_name, patience));
  outcome.elsewhere +=
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - waiting);
  KF_TRY(journal.end_run("finished"));
  return outcome;
}

}  // namespace kubeferry::node

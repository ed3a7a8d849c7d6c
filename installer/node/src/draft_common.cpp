// SPDX-License-Identifier: Apache-2.0
#include "draft_common.hpp"

#include <algorithm>

#include <kubeferry/base/fd.hpp>
#include <kubeferry/runtime/images.hpp>
#include <kubeferry/runtime/registry_service.hpp>
#include <kubeferry/steps/basic_steps.hpp>

#include "bundle_copy.hpp"
#include "host_plan.hpp"
#include "preload.hpp"

namespace kubeferry::node {

kubeadm::Defaults defaults_of(const Survey& survey) {
  return {.node_name = survey.node_name,
          .advertise_address = survey.address,
          .cri_socket = fmt::format("unix://{}", survey.runtime.socket),
          .cgroup_driver = survey.facts.software.systemd ? "systemd" : "cgroupfs"};
}

std::string wanted_socket(const CommonOptions& options) { return options.node.cri_socket.value_or(""); }

kubeadm::NodeFlags node_flags(const CommonOptions& options, const Survey& survey, bool fail_cgroup_v1) {
  constexpr std::string_view k_check = "SystemVerification";
  kubeadm::NodeFlags flags = options.node;
  auto& ignored = flags.ignore_preflight_errors;
  if (survey.facts.cgroups.version == 1 && !fail_cgroup_v1 && std::ranges::find(ignored, k_check) == ignored.end()) {
    ignored.emplace_back(k_check);
  }
  return flags;
}

void complete(preflight::Question& question, const CommonOptions& options, const kubeadm::Facts& facts,
              const steps::Journal& journal) {
  const auto networks = [](const std::vector<std::string>& texts) {
    std::vector<host::Cidr> out;
    for (const auto& text : texts) {
      // What is none was refused when kubeadm's documents were made.
      if (auto cidr = host::Cidr::parse(text)) {
        out.push_back(*cidr);
      }
    }
    return out;
  };
  question.trust = options.trust_file;
  question.pods = networks(facts.pod_subnets);
  question.services = networks(facts.service_subnets);
  if (auto address = host::Address::parse(facts.advertise_address)) {
    question.advertise = *address;
  }
  question.api_port = facts.bind_port;
  question.node_name = facts.node_name;
  constexpr std::string_view k_scheme = "unix://";
  question.cri_socket = facts.cri_socket.starts_with(k_scheme) ? facts.cri_socket.substr(k_scheme.size()) : "";
  question.fail_swap_on = facts.fail_swap_on;
  question.fail_cgroup_v1 = facts.fail_cgroup_v1;
  question.ignored = options.ignored;
  if (!journal.entries().empty()) {
    // What an earlier run brought is there already; counted twice, it would not fit a host that it fits.
    question.needs.clear();
  }
  claim_ours(question, journal, options.registry_port);
}

void claim_ours(preflight::Question& question, const steps::Journal& journal, std::uint16_t registry_port) {
  for (const auto& entry : journal.entries()) {
    if (entry.kind == "file" || entry.kind == "directory") {
      question.ours.insert(entry.target);
    } else if (entry.kind == "kubeadm") {
      preflight::claim_cluster(question);
    } else if (entry.kind == "unit" && entry.target == runtime::k_registry_service) {
      question.our_ports.insert(registry_port);
    }
  }
}

Result<steps::Plan> image_steps(const Held& held, const CommonOptions& options, const std::string& cri_socket,
                                const std::vector<runtime::WantedImage>& images, const Talk& talk) {
  const Survey& survey = held.survey;
  if (options.preload && survey.runtime.kind != runtime::Kind::containerd) {
    return Failure(Error{ExitCode::unsupported_host,
                         "--preload imports into containerd, and this host has CRI-O",
                         "leave --preload away: CRI-O pulls from the registry",
                         {}});
  }
  const auto program = [&](const char* name) {
    const auto found = survey.files.programs.find(name);
    return found == survey.files.programs.end() ? std::string() : found->second;
  };
  const runtime::CriClient client{
      .crictl = program("crictl"),
      .endpoint = cri_socket,
      .ctr = survey.runtime.kind == runtime::Kind::containerd ? program("ctr") : std::string()};
  const auto undo = has_foreign_containerd(survey) ? runtime::UndoImages::remove : runtime::UndoImages::never;
  steps::Plan plan;
  for (const auto& image : images) {
    plan.push_back(runtime::image_step(client, image, undo, talk.stop,
                                       options.preload ? preloaded(held.source, talk.stop) : runtime::BringImage()));
  }
  return plan;
}

Result<crypto::SecretText> lasting_secret(const host::Host& host, const std::string& path,
                                          const std::function<Result<crypto::SecretText>()>& make) {
  constexpr std::uint64_t k_largest = 4096;
  if (!host.exists(path)) {
    return make();
  }
  KF_TRY_ASSIGN(std::string text, read_file(host.at(path), k_largest));
  return crypto::SecretText(std::move(text));
}

Draft begin_draft(preflight::Role role, std::shared_ptr<const Held> held, const kubeadm::Facts& facts) {
  const Survey& survey = held->survey;
  const bundle::Manifest& manifest = held->source->manifest();
  Draft draft{.role = role, .kept = survey.files.kept, .kubeadm = facts};
  draft.kubectl = survey.files.programs.at("kubectl");
  draft.kubeadm_program = survey.files.programs.at("kubeadm");
  draft.facts.set("bundle", held->source->manifest_digest().to_string());
  draft.facts.set("name", fmt::format("{} {}", manifest.name, manifest.version));
  draft.facts.set("kubernetes", manifest.kubernetes);
  draft.facts.set("node", facts.node_name).set("criSocket", facts.cri_socket);
  draft.held = std::move(held);
  return draft;
}

void add_configuration(steps::Plan& plan, const kubeadm::Documents& documents, std::string_view name) {
  plan.push_back(steps::directory(std::string(k_kubeadm_directory), 0700, steps::Remove::with_content));
  plan.push_back(steps::text_file(fmt::format("{}/{}", k_kubeadm_directory, name), std::string(documents.text.view()),
                                  0600, steps::Secret::yes));
}

void add_kubeadm(Draft& draft, const Held& held, const kubeadm::Documents& documents, KubeadmRun::Verb verb,
                 std::chrono::seconds patience, const Talk& talk) {
  // It waits for the kubelet and then for the control plane, each that long, and has other things to do.
  constexpr std::chrono::seconds k_rest = std::chrono::minutes(10);
  const std::string_view name = verb == KubeadmRun::Verb::init ? "init" : "join";
  draft.plan.push_back(kubeadm_step({.verb = verb,
                                     .program = {.path = draft.kubeadm_program, .version = held.survey.kubernetes},
                                     .configuration = fmt::format("{}/{}.yaml", k_kubeadm_directory, name),
                                     .arguments = documents.arguments,
                                     .cri_socket = documents.facts.cri_socket,
                                     .certificates_dir = documents.facts.certificates_dir,
                                     .log = fmt::format("{}/{}.log", k_kubeadm_directory, name),
                                     .timeout = 2 * patience + k_rest,
                                     .elsewhere = draft.elsewhere,
                                     .talk = talk}));
}

Result<Outcome> carry_out(const host::Host& host, const Draft& draft, std::string_view verb, steps::Journal& journal,
                          const Talk& talk, const std::function<Status()>& wait) {
  const auto started = std::chrono::steady_clock::now();
  KF_TRY(journal.start_run(verb, draft.facts, &draft.plan));
  steps::RunOptions options{.stop = talk.stop, .warning = talk.warning};
  options.on_step = [&](std::size_t number, std::size_t total, const std::string& summary) {
    talk.info(fmt::format("[{}/{}] {}", number, total, summary));
  };
  auto result = steps::apply(host, journal, draft.plan, options);
  const auto applied = std::chrono::steady_clock::now();
  const Status waited = result ? wait() : Status(Failure(result.error()));
  if (!waited) {
    // That it failed is worth knowing, but the reason is the error that counts.
    static_cast<void>(journal.end_run(waited.error().message));
    Error error = waited.error();
    if (error.hint.empty()) {
      error.hint = "when the reason is gone run the same command again, or take everything back with `kubeferry reset`";
    }
    return Failure(std::move(error));
  }
  KF_TRY(journal.end_run("finished"));
  const auto milliseconds = [](auto duration) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(duration);
  };
  return Outcome{.applied = result->applied,
                 .kept = result->kept,
                 .ours = milliseconds(applied - started - *draft.elsewhere),
                 .elsewhere = milliseconds(std::chrono::steady_clock::now() - applied + *draft.elsewhere)};
}

steps::Undoers undoers(const Talk& talk) {
  steps::Undoers all = steps::basic_undoers();
  all.merge(runtime::runtime_undoers());
  add_after_init_undoers(all);
  add_bundle_undoer(all);
  add_kubeadm_undoer(all, talk);
  return all;
}

}  // namespace kubeferry::node

// SPDX-License-Identifier: Apache-2.0
#include "draft_common.hpp"

#include <algorithm>

#include <kubeferry/base/fd.hpp>
#include <kubeferry/runtime/images.hpp>

#include "bundle_copy.hpp"
#include "host_plan.hpp"
#include "kubeadm_step.hpp"

namespace kubeferry::node {

kubeadm::Defaults defaults_of(const Survey& survey) {
  return {.node_name = survey.node_name,
          .advertise_address = survey.address,
          .cri_socket = fmt::format("unix://{}", survey.runtime.socket),
          .cgroup_driver = survey.facts.software.systemd ? "systemd" : "cgroupfs"};
}

std::string wanted_socket(const CommonOptions& options) { return options.node.cri_socket.value_or(""); }

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
  question.ignored = options.ignored;
  if (!journal.entries().empty()) {
    // What an earlier run brought is there already; counted twice, it would not fit a host that it fits.
    question.needs.clear();
  }
  for (const auto& entry : journal.entries()) {
    if (entry.kind == "file" || entry.kind == "directory") {
      question.ours.insert(entry.target);
    } else if (entry.kind == "kubeadm") {
      preflight::claim_cluster(question);
    } else if (entry.kind == "unit" && entry.target == "kubeferry-registry.service") {
      question.our_ports.insert(options.registry_port);
    }
  }
}

steps::Plan image_steps(const Survey& survey, const std::string& cri_socket,
                        const std::vector<runtime::WantedImage>& images, const Talk& talk) {
  const auto program = [&](const char* name) {
    const auto found = survey.files.programs.find(name);
    return found == survey.files.programs.end() ? std::string() : found->second;
  };
  const runtime::CriClient client{
      .crictl = program("crictl"),
      .endpoint = cri_socket,
      .ctr = survey.runtime.kind == runtime::Kind::containerd ? program("ctr") : std::string()};
  const bool store_is_ours = !survey.detected.containerd || !survey.detected.containerd->unit;
  steps::Plan plan;
  for (const auto& image : images) {
    plan.push_back(runtime::image_step(
        client, image, store_is_ours ? runtime::UndoImages::never : runtime::UndoImages::remove, talk.stop));
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

Result<Outcome> carry_out(const host::Host& host, const Draft& draft, std::string_view verb, steps::Journal& journal,
                          const Talk& talk) {
  const auto started = std::chrono::steady_clock::now();
  KF_TRY(journal.start_run(verb, draft.facts, &draft.plan));
  steps::RunOptions options{.stop = talk.stop, .warning = talk.warning};
  options.on_step = [&](std::size_t number, std::size_t total, const std::string& summary) {
    talk.info(fmt::format("[{}/{}] {}", number, total, summary));
  };
  auto result = steps::apply(host, journal, draft.plan, options);
  if (!result) {
    // That it failed is worth knowing, but the reason is the error that counts.
    static_cast<void>(journal.end_run(result.error().message));
    return propagate(std::move(result));
  }
  const auto whole = std::chrono::steady_clock::now() - started;
  const auto milliseconds = [](auto duration) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(duration);
  };
  return Outcome{.applied = result->applied,
                 .kept = result->kept,
                 .ours = milliseconds(whole - *draft.elsewhere),
                 .elsewhere = milliseconds(*draft.elsewhere)};
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

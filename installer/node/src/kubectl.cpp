// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/node/kubectl.hpp>

#include <algorithm>
#include <array>

#include <kubeferry/net/clock.hpp>

namespace kubeferry::node {

namespace {

constexpr std::uint64_t k_largest_output = std::uint64_t{64} * 1024 * 1024;
constexpr std::chrono::seconds k_request_patience{30};
// A manifest is compared and applied object by object, in several requests each.
constexpr std::chrono::minutes k_manifest_patience{5};
constexpr std::chrono::milliseconds k_longest_pause{15000};
// Nobody can stop what is being asked again: not for longer than a person waits before looking.
constexpr std::chrono::minutes k_persistence{5};

Result<std::string> successful(Result<ProcessOutput> output, const std::vector<std::string>& argv) {
  KF_TRY(output);
  if (output->exit_status != 0) {
    return fail(ExitCode::io, "kubectl {}: {}", argv[3], host::last_line(output->err));
  }
  return std::move(output->out);
}

/// Whether nobody answered, so that asking again may help. `took` is how long that was.
bool unanswered(const Result<ProcessOutput>& output, const Command& question,
                std::chrono::steady_clock::duration took) {
  if (!output) {
    return output.error().code == ExitCode::io && took >= question.timeout;
  }
  constexpr std::array<std::string_view, 6> k_signs = {
      "Unable to connect", "was refused", "imeout", "timed out", "etcdserver: ", "currently unable to handle"};
  return output->exit_status != 0 && std::ranges::any_of(k_signs, [&](std::string_view sign) {
           return output->err.find(sign) != std::string::npos;
         });
}

std::string request_timeout() { return fmt::format("--request-timeout={}s", k_request_patience.count()); }

}  // namespace

Command Kubectl::command(std::vector<std::string> arguments) const {
  Command out{.argv = {program_, fmt::format("--kubeconfig={}", kubeconfig_), std::string(k_kubectl_cache)},
              .timeout = k_request_patience,
              .output_limit = k_largest_output};
  out.argv.insert(out.argv.end(), std::make_move_iterator(arguments.begin()), std::make_move_iterator(arguments.end()));
  return out;
}

Result<std::string> Kubectl::ask(const Command& question) const {
  const auto end = std::chrono::steady_clock::now() + k_persistence;
  for (unsigned tried = 1;; ++tried) {
    const auto began = std::chrono::steady_clock::now();
    auto output = host_.run(question);
    const auto now = std::chrono::steady_clock::now();
    if (tried >= tries_ || now >= end || !unanswered(output, question, now - began) ||
        !net::SystemClock().sleep(pause_, {})) {
      return successful(std::move(output), question.argv);
    }
  }
}

Result<std::string> Kubectl::get(std::vector<std::string> arguments) const {
  return ask(command(std::move(arguments)));
}

Status Kubectl::apply(std::string_view manifest) const {
  Command order = command({"apply", "-f", "-", request_timeout()});
  order.input = manifest;
  order.timeout = k_manifest_patience;
  KF_TRY(ask(order));
  return {};
}

Status Kubectl::define(std::string_view definitions) const {
  Command order = command({"apply", "--server-side", "--force-conflicts", "-f", "-", request_timeout()});
  order.input = definitions;
  order.timeout = k_manifest_patience;
  KF_TRY(ask(order));
  Command wait = command({"wait", "--for=condition=Established", "--timeout=60s", "-f", "-", request_timeout()});
  wait.input = definitions;
  wait.timeout = k_manifest_patience;
  KF_TRY(ask(wait));
  return {};
}

Result<bool> Kubectl::has(std::string_view manifest) const {
  Command question = command({"diff", "-f", "-", request_timeout()});
  question.input = manifest;
  question.timeout = k_manifest_patience;
  KF_TRY_ASSIGN(const ProcessOutput output, host_.run(question));
  return output.exit_status == 0;
}

Result<std::vector<NodeState>> Kubectl::nodes(const std::string& only) const {
  std::vector<std::string> arguments = {"get", "nodes", "-o", "json"};
  if (!only.empty()) {
    // By name, and as a list all the same.
    arguments.push_back(fmt::format("--field-selector=metadata.name={}", only));
  }
  KF_TRY_ASSIGN(const std::string json, get(std::move(arguments)));
  return parse_nodes(json);
}

Result<std::vector<PodState>> Kubectl::pods(std::string_view name_space) const {
  std::vector<std::string> arguments = {"get", "pods", "-o", "json"};
  arguments.push_back(name_space.empty() ? "--all-namespaces" : fmt::format("--namespace={}", name_space));
  KF_TRY_ASSIGN(const std::string json, get(std::move(arguments)));
  return parse_pods(json);
}

Result<std::string> Kubectl::cluster_configuration() const {
  return get(
      {"--namespace=kube-system", "get", "configmap", "kubeadm-config", "-o", "jsonpath={.data.ClusterConfiguration}"});
}

Status wait_until(const std::function<Result<std::string>()>& pending, std::chrono::seconds patience,
                  std::chrono::milliseconds pause, const std::stop_token& stop,
                  const std::function<void(std::string_view)>& say) {
  const auto end = std::chrono::steady_clock::now() + patience;
  std::string said;
  for (;;) {
    const auto asked = std::chrono::steady_clock::now();
    auto now = pending();
    const std::string missing = now ? *now : now.error().message;
    if (missing.empty()) {
      return {};
    }
    if (missing != said && say) {
      say(missing);
      said = missing;
    }
    if (std::chrono::steady_clock::now() >= end) {
      return fail(ExitCode::io, "not ready after {} s: {}", patience.count(), missing);
    }
    // Where the question itself takes seconds, asking without end would keep the machine from getting ready.
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - asked);
    if (!net::SystemClock().sleep(std::clamp(2 * took, pause, std::max(pause, k_longest_pause)), stop)) {
      return fail(ExitCode::interrupted, "stopped while waiting: {}", missing);
    }
  }
}

}  // namespace kubeferry::node

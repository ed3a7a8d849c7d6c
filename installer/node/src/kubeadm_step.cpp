// SPDX-License-Identifier: Apache-2.0
#include "kubeadm_step.hpp"

#include <signal.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <thread>

#include <kubeferry/base/atomic_file.hpp>
#include <kubeferry/base/text.hpp>
#include <kubeferry/node/install.hpp>
#include <kubeferry/node/kept_files.hpp>
#include <kubeferry/node/leftovers.hpp>
#include <kubeferry/steps/basic_steps.hpp>

namespace kubeferry::node {

namespace {

/// Says that kubeadm came to its end: what it writes last is different in each version.
std::string marker() { return fmt::format("{}/finished", k_kubeadm_directory); }

constexpr std::array<std::string_view, 4> k_made_by_kubeadm = {
    "/etc/kubernetes/kubelet.conf", "/etc/kubernetes/bootstrap-kubelet.conf", "/etc/kubernetes/admin.conf",
    "/etc/kubernetes/pki/ca.crt"};

bool half_made(const host::Host& host) {
  return std::ranges::any_of(k_made_by_kubeadm, [&](std::string_view path) { return host.exists(path); });
}

std::string verb_of(const KubeadmRun& run) { return run.verb == KubeadmRun::Verb::init ? "init" : "join"; }

/// A kubeferry that is killed leaves its kubeadm running. Two at once would get into each other's way.
void end_orphans(const host::Host& host) {
  std::error_code ignored;
  for (std::filesystem::directory_iterator entry(host.at("/proc"), ignored), end; entry != end;
       entry.increment(ignored)) {
    const std::string name = entry->path().filename().native();
    pid_t pid = 0;
    if (std::from_chars(name.data(), name.data() + name.size(), pid).ec != std::errc()) {
      continue;
    }
    const std::string arguments = host.text(fmt::format("/proc/{}/cmdline", name)).value_or("");
    const std::string_view program = std::string_view(arguments).substr(0, arguments.find('\0'));
    if (program.ends_with("kubeadm") && arguments.find(k_kubeadm_directory) != std::string::npos) {
      ::kill(pid, SIGTERM);
      for (int tenth = 0; tenth < 50 && ::kill(pid, 0) == 0; ++tenth) {
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
      }
      ::kill(pid, SIGKILL);
    }
  }
}

kubeadm::RunOptions how(const KubeadmRun& run, const std::function<void(std::string_view)>& output) {
  return {.timeout = run.timeout, .stop = run.talk.stop, .on_output = output};
}

Status clear_earlier_try(const host::Host& host, const KubeadmRun& run,
                         const std::function<void(std::string_view)>& output) {
  if (half_made(host)) {
    run.talk.info("an earlier try was not finished: kubeadm resets what it left");
    KF_TRY(kubeadm::reset(host, run.program, {run.cri_socket, run.certificates_dir}, how(run, output)));
  }
  return give_files_back(host, run.talk.warning);
}

std::string hint_for(const Error& error, const std::string& log) {
  // A control plane takes 40 s to notice that a node has stopped: joining again right after a reset is too early.
  if (error.message.find("already exists in the cluster") != std::string::npos) {
    return fmt::format(
        "if this host was that node before, wait a minute, until the cluster has noticed that it went, and run the "
        "same "
        "command again; else give it another --node-name (all that kubeadm said is in {})",
        log);
  }
  return fmt::format(
      "all that kubeadm said is in {}; when the reason is gone run the same command again, or take everything back "
      "with "
      "`kubeferry reset`",
      log);
}

Status apply(const host::Host& host, const KubeadmRun& run) {
  KF_TRY_ASSIGN(auto opened, kubeadm::Log::open(host, run.log));
  const auto log = std::make_shared<kubeadm::Log>(std::move(opened));
  const auto output = [&run, log](std::string_view piece) {
    log->write(piece);
    run.talk.program(piece);
  };
  end_orphans(host);
  if (!files_are_kept(host)) {
    KF_TRY(keep_files(host, run.certificates_dir));
  } else {
    KF_TRY(clear_earlier_try(host, run, output));
  }
  const auto started = std::chrono::steady_clock::now();
  const Status done = run.verb == KubeadmRun::Verb::init
                          ? kubeadm::init(host, run.program, run.configuration, run.arguments, how(run, output))
                          : kubeadm::join(host, run.program, run.configuration, run.arguments, how(run, output));
  *run.elsewhere += std::chrono::steady_clock::now() - started;
  if (!done) {
    Error error = done.error();
    if (error.code == ExitCode::io || error.code == ExitCode::no_space) {
      error.hint = hint_for(error, run.log);
    }
    return Failure(std::move(error));
  }
  return write_file_atomically(host.at(marker()), verb_of(run) + "\n", 0600);
}

Json capture(const host::Host& host, const KubeadmRun& run) {
  Json prior = note_leftovers(host);
  prior.set("program", run.program.path).set("version", run.program.version.to_string());
  prior.set("criSocket", run.cri_socket).set("certificatesDir", run.certificates_dir);
  return prior;
}

std::string text_at(const Json& json, std::string_view key) {
  const Json* found = json.find(key);
  return found == nullptr || found->as_string() == nullptr ? std::string() : *found->as_string();
}

Status undo(const host::Host& host, const steps::Entry& entry, const Talk& talk,
            const std::function<void(std::string_view)>& warning) {
  end_orphans(host);
  const std::string program = text_at(entry.prior, "program");
  const auto version = catalog::KubernetesVersion::parse(text_at(entry.prior, "version"));
  // Before anything was kept kubeadm has not run: what is there is somebody else's.
  if (files_are_kept(host) && half_made(host) && version && host.exists(program)) {
    const Status reset = kubeadm::reset(host, {.path = program, .version = *version},
                                        {text_at(entry.prior, "criSocket"), text_at(entry.prior, "certificatesDir")},
                                        {.timeout = std::chrono::minutes(10), .on_output = talk.program});
    if (!reset) {
      // What it did not get to is removed by name below.
      warning(reset.error().message);
    }
  }
  const Status removed = remove_leftovers(host, entry.prior, warning);
  KF_TRY(give_files_back(host, warning));
  return removed;
}

}  // namespace

std::unique_ptr<const steps::Step> kubeadm_step(KubeadmRun run) {
  steps::Action action{
      .kind = "kubeadm", .target = verb_of(run), .summary = fmt::format("run kubeadm {}", verb_of(run))};
  action.preview = {.action = "run",
                    .summary = action.summary,
                    .argv = run.verb == KubeadmRun::Verb::init
                                ? kubeadm::init_arguments(run.program, run.configuration, run.arguments)
                                : kubeadm::join_arguments(run.program, run.configuration, run.arguments)};
  const auto shared = std::make_shared<const KubeadmRun>(std::move(run));
  action.satisfied = [](const host::Host& host) -> Result<bool> {
    return host.exists(marker()) && host.exists("/etc/kubernetes/kubelet.conf");
  };
  action.capture = [shared](const host::Host& host, steps::Backups&) -> Result<Json> { return capture(host, *shared); };
  action.apply = [shared](const host::Host& host) { return apply(host, *shared); };
  return steps::action(std::move(action));
}

void add_kubeadm_undoer(steps::Undoers& undoers, const Talk& talk) {
  undoers["kubeadm"] = [talk](const host::Host& host, const steps::Entry& entry, steps::Backups&,
                              const std::function<void(std::string_view)>& warning) {
    return undo(host, entry, talk, warning);
  };
}

}  // namespace kubeferry::node

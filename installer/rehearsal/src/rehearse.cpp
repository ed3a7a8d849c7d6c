// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/rehearsal/rehearse.hpp>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include <kubeferry/base/fd.hpp>
#include <kubeferry/base/text.hpp>
#include <kubeferry/rehearsal/modules.hpp>

#include "answer.hpp"
#include "child.hpp"
#include "keeper.hpp"
#include "kept_logs.hpp"
#include "machine_groups.hpp"
#include "mounting.hpp"
#include "surroundings.hpp"
#include "workplace.hpp"

namespace kubeferry::rehearsal {

namespace {

constexpr int k_pause_milliseconds = 200;
constexpr std::size_t k_largest_message = std::size_t{256} << 10;

Result<Plan> plan_of(const host::Host& host, const Wants& wants, const Workplace& place) {
  Plan plan{.directory = place.directory(),
            .marker = place.marker(),
            .arguments = wants.arguments,
            .name_servers = wants.name_servers,
            .networks = wants.networks};
  KF_TRY_ASSIGN(plan.namespaces, own_namespaces());
  std::error_code error;
  plan.working_directory = std::filesystem::current_path(error);
  const std::string ip = host.program("ip").value_or("ip");
  KF_TRY_ASSIGN(const std::string addresses, host.output_of({ip, "-o", "address", "show", "scope", "global"}));
  place_in_network(wants, parse_addresses(addresses), plan);
  return plan;
}

/// So that units are written for the systemd that the machine has.
void note_systemd(const host::Host& host, const Workplace& place) {
  const auto systemctl = host.program("systemctl");
  const auto said = systemctl ? host.output_of({*systemctl, "--version"}) : fail(ExitCode::io, "none");
  if (said) {
    const std::string first(split(*said, '\n').front());
    static_cast<void>(make_file(fmt::format("{}/{}/systemd", place.directory(), k_shared), first));
  }
}

/// Passes on what process 1 says, until its answer; one too long for a message is where kubeferry left it.
Result<Json> listen(const Child& child, const Workplace& place, const Talk& talk) {
  std::string buffer(k_largest_message, '\0');
  for (;;) {
    if (talk.stop.stop_requested()) {
      return Failure(Error{ExitCode::interrupted, "the rehearsal was stopped", "nothing is left of it", {}});
    }
    pollfd wait{child.control(), POLLIN, 0};
    if (::poll(&wait, 1, k_pause_milliseconds) <= 0) {
      continue;
    }
    const ssize_t count = ::recv(child.control(), buffer.data(), buffer.size(), 0);
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count <= 0) {
      const std::string left = fmt::format("{}/{}/answer", place.directory(), k_shared);
      if (const auto text = read_file(left, std::uint64_t{4} << 20)) {
        return answer_of(*text);
      }
      return fail(ExitCode::bug, "process 1 of the rehearsal ended without a word");
    }
    const std::string_view text(buffer.data(), static_cast<std::size_t>(count));
    KF_TRY_ASSIGN(const Json message, parse_json(text, "process 1 of the rehearsal"));
    const Json* note = message.find("note");
    if (note == nullptr) {
      return answer_of(text);
    }
    if (note->as_string() != nullptr) {
      talk.warning(*note->as_string());
    }
  }
}

Egress counted(const Workplace& place) {
  const auto text = read_file(fmt::format("{}/{}/packets", place.directory(), k_shared), std::uint64_t{16} << 20);
  const auto json = text ? parse_json(*text, "packets") : Result<Json>(fail(ExitCode::io, "none"));
  const auto egress = json ? Egress::parse(*json) : Result<Egress>(fail(ExitCode::io, "none"));
  return egress.value_or(Egress());
}

void keep(const Wants& wants, const Workplace& place, bool failed, const Talk& talk, Error* error) {
  const std::string beside = place.directory() + ".logs";
  if (!failed && wants.logs.empty()) {
    return forget_logs(beside);
  }
  const std::string target = wants.logs.empty() ? beside : wants.logs;
  if (const Status kept = keep_logs(place.directory(), target); !kept) {
    talk.warning(kept.error().message);
  } else if (error != nullptr) {
    if (error->hint.find("kubeferry reset") != std::string::npos) {
      error->hint.clear();  // for a host that was changed
    }
    error->hint +=
        fmt::format("{}what units, Pods and kubeadm said is in {}", error->hint.empty() ? "" : "\n  ", target);
  } else {
    talk.info(fmt::format("what units, Pods and kubeadm said is in {}", target));
  }
}

Result<Json> run(const host::Host& host, const Wants& wants, const Workplace& place, const Talk& talk) {
  KF_TRY_ASSIGN(const Plan plan, plan_of(host, wants, place));
  note_systemd(host, place);
  KF_TRY_ASSIGN(MachineGroups groups, MachineGroups::make());
  Result<Json> answer = fail(ExitCode::bug, "not run");
  {
    KF_TRY_ASSIGN(Child child, Child::start(plan));
    KF_TRY(groups.enter(child.pid()));
    KF_TRY(child.go());
    answer = listen(child, place, talk);
  }
  if (const Status removed = groups.remove(); !removed) {
    talk.warning(removed.error().message);
  }
  return answer;
}

}  // namespace

Result<Outcome> rehearse(const host::Host& host, const Wants& wants, const Talk& talk) {
  const auto begin = std::chrono::steady_clock::now();
  KF_TRY_ASSIGN(Workplace place, Workplace::make(wants.directory));
  const auto modules = loaded_modules();
  KF_TRY_ASSIGN(const Keeper keeper, Keeper::start(place, modules));
  Result<Json> answer = run(host, wants, place, talk);
  Outcome outcome{.egress = counted(place)};
  const bool interrupted = !answer && answer.error().code == ExitCode::interrupted;
  if (!interrupted) {
    keep(wants, place, !answer, talk, answer ? nullptr : &answer.error());
  }
  for (const auto& name : unload_since(modules)) {
    talk.warning(fmt::format("the kernel module {} was loaded by the rehearsal and could not be unloaded", name));
  }
  if (const Status removed = place.remove(); !removed) {
    talk.warning(removed.error().message);
  }
  if (!answer) {
    if (!interrupted && !outcome.egress.rows().empty()) {
      talk.info(egress_text(outcome.egress));
    }
    return propagate(std::move(answer));
  }
  outcome.answer = std::move(*answer);
  outcome.took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
  return outcome;
}

}  // namespace kubeferry::rehearsal

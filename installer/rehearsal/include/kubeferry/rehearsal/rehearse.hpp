// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/base/json.hpp>
#include <kubeferry/host/host.hpp>
#include <kubeferry/rehearsal/egress.hpp>

// A whole installation on a copy of this machine, without a network that leads anywhere (docs/adr/0022).
namespace kubeferry::rehearsal {

inline constexpr std::string_view k_default_directory = "/var/lib/kubeferry-rehearsal";

struct Wants {
  std::string directory{k_default_directory};  ///< the work directory, absolute; is empty or not there
  std::string logs;                            ///< keep logs there; empty: beside `directory`, and only of a failure
  std::vector<std::string> arguments;          ///< of kubeferry inside, without the program's name
  std::string advertise_address;               ///< which the machine has
  std::uint16_t port = 6443;                   ///< of the API server
  std::string endpoint;                        ///< "HOST[:PORT]" of all control planes; empty: none
  std::vector<std::string> networks;           ///< of Pods and Services
  std::vector<std::string> name_servers;       ///< that the machine asks
};

/// How it talks to who started it. None is empty; called from the one thread only.
struct Talk {
  std::function<void(std::string_view line)> info = [](std::string_view) {};
  std::function<void(std::string_view line)> warning = [](std::string_view) {};
  std::stop_token stop;
};

struct Outcome {
  Json answer;  ///< what leave_answer() was given inside
  Egress egress;
  std::chrono::milliseconds took{0};
};

/// Makes the copy, runs kubeferry in it, and takes everything back, whatever came of it; also what a killed rehearsal
/// left. The process must be root's. When it ends, nothing of the rehearsal runs.
///
/// The error that kubeferry had inside, with where the logs are; locked when another rehearsal runs, interrupted when
/// `stop` was requested; unsupported_host where the kernel or the work directory's file system cannot do it; usage for
/// a work directory that somebody else uses; io, no_space errors.
Result<Outcome> rehearse(const host::Host& host, const Wants& wants, const Talk& talk);

}  // namespace kubeferry::rehearsal

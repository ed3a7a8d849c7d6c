// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/rehearsal/service.hpp>

#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <charconv>

#include <kubeferry/base/text.hpp>

namespace kubeferry::rehearsal {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds k_patience = std::chrono::seconds(90);

bool ends_cleanly(const UnitSettings& settings, int wait_status) {
  if (WIFSIGNALED(wait_status)) {
    const int number = WTERMSIG(wait_status);
    return number == SIGHUP || number == SIGINT || number == SIGTERM || number == SIGPIPE;
  }
  const int code = WEXITSTATUS(wait_status);
  const std::string all = fmt::format("{}", fmt::join(settings.values("Service.SuccessExitStatus"), " "));
  const auto words = split(all, ' ');
  return code == 0 || std::ranges::find(words, std::to_string(code)) != words.end();
}

std::string how_it_ended(int wait_status) {
  return WIFSIGNALED(wait_status) ? fmt::format("killed by signal {}", WTERMSIG(wait_status))
                                  : fmt::format("status={}", WEXITSTATUS(wait_status));
}

}  // namespace

Reply& Reply::operator+=(const Reply& more) {
  status = std::max(status, more.status);
  out += more.out;
  err += more.err;
  return *this;
}

bool Service::load() {
  auto found = load_unit(places_->host, name_);
  if (found) {
    file_ = std::move(*found);
  }
  return found.has_value();
}

void Service::start(Answer answer) {
  if (state_ == State::running || state_ == State::exited) {
    return answer({});
  }
  if (state_ == State::stopping) {
    again_ = true;
    waiters_.push_back(std::move(answer));
    return;
  }
  if (state_ == State::start_pre || state_ == State::start) {
    waiters_.push_back(std::move(answer));
    return;
  }
  if (!load()) {
    return answer({5, "", fmt::format("Failed to start {0}: Unit {0} not found.\n", name_)});
  }
  if (file_.masked) {
    return answer({1, "", fmt::format("Failed to start {0}: Unit {0} is masked.\n", name_)});
  }
  waiters_.push_back(std::move(answer));
  begin();
}

void Service::stop(Answer answer) {
  again_ = false;
  if (state_ == State::inactive || state_ == State::failed) {
    const bool known = load();
    return answer(known ? Reply{} : Reply{5, "", fmt::format("Failed to stop {0}: Unit {0} not loaded.\n", name_)});
  }
  if (state_ == State::auto_restart || state_ == State::exited) {
    settle(State::inactive, "success");
    return answer({});
  }
  resolve({1, "", fmt::format("Job for {} canceled.\n", name_)});
  waiters_.push_back(std::move(answer));
  if (state_ != State::stopping) {
    begin_stop();
  }
}

void Service::restart(Answer answer) {
  if (state_ == State::running || state_ == State::start || state_ == State::start_pre) {
    resolve({1, "", fmt::format("Job for {} canceled.\n", name_)});
    begin_stop();
  } else if (state_ == State::auto_restart || state_ == State::exited) {
    settle(State::inactive, "success");
  }
  start(std::move(answer));
}

void Service::reset_failed() {
  starts_.clear();
  if (state_ == State::failed) {
    settle(State::inactive, "success");
  }
}

void Service::begin() {
  state_ = State::start_pre;
  result_ = "success";
  deadline_ = Clock::now() + file_.settings.span("Service.TimeoutStartSec", k_patience);
  if (too_often()) {
    say("Start request repeated too quickly.");
    return settle(State::failed, "start-limit-hit");
  }
  if (const Status ready = prepare(); !ready) {
    say(ready.error().message);
    return failed_to_start("resources");
  }
  const auto lines = file_.settings.values("Service.ExecStartPre");
  commands_.assign(lines.begin(), lines.end());
  next_command();
}

void Service::next_command() {
  while (!commands_.empty()) {
    const std::string line = std::move(commands_.front());
    commands_.pop_front();
    ignore_status_ = line.substr(0, line.find_first_not_of("-@:+!")).find('-') != std::string::npos;
    const auto started = launch_line(line);
    if (started) {
      control_ = *started;
      return;
    }
    say(started.error().message);
    if (!ignore_status_) {
      return failed_to_start("exit-code");
    }
  }
  after_commands();
}

void Service::after_commands() {
  if (state_ == State::start_pre) {
    return start_main();
  }
  // A oneshot whose commands have all come to their end.
  if (file_.settings.is_true("Service.RemainAfterExit")) {
    settle(State::exited, "success");
  } else {
    settle(State::inactive, "success");
  }
}

void Service::start_main() {
  const std::string type = file_.settings.value("Service.Type", "simple");
  const auto lines = file_.settings.values("Service.ExecStart");
  state_ = State::start;
  if (type == "oneshot") {
    commands_.assign(lines.begin(), lines.end());
    return next_command();
  }
  if (type == "forking") {
    say("Type=forking is not known to a rehearsal.");
    return failed_to_start("protocol");
  }
  if (lines.empty()) {
    say("the unit has no ExecStart=");
    return failed_to_start("resources");
  }
  const bool notifies = type.starts_with("notify");
  if (notifies) {
    listen();
  }
  const auto started = launch_line(lines.back());
  if (!started) {
    say(started.error().message);
    return failed_to_start("exit-code");
  }
  main_ = session_ = *started;
  if (!notifies) {
    became_active();
  }
}

void Service::became_active() {
  deadline_ = Clock::time_point::max();
  state_ = State::running;
  say("Started.");
  resolve({});
}

bool Service::child_ended(pid_t pid, int wait_status) {
  if (pid == control_) {
    control_ = 0;
    if (state_ == State::stopping) {
      return true;
    }
    if (!ignore_status_ && !ends_cleanly(file_.settings, wait_status)) {
      say(fmt::format("Control process exited, {}.", how_it_ended(wait_status)));
      failed_to_start("exit-code");
    } else {
      next_command();
    }
    return true;
  }
  if (pid != main_ || pid == 0) {
    return false;
  }
  main_ = 0;
  if (state_ == State::running || state_ == State::start) {
    main_ended(wait_status);
  }
  return true;
}

void Service::main_ended(int wait_status) {
  const bool clean = ends_cleanly(file_.settings, wait_status);
  say(fmt::format("Main process exited, {}.", how_it_ended(wait_status)));
  const bool starting = state_ == State::start;
  result_ = starting ? "protocol" : clean ? "success" : WIFSIGNALED(wait_status) ? "signal" : "exit-code";
  if (starting) {
    resolve(start_failure());
  }
  if (file_.settings.value("Service.KillMode", "control-group") != "process") {
    kill_all();
  }
  if (will_restart(wait_status)) {
    begin_rest();
  } else {
    settle(clean && !starting ? State::inactive : State::failed, result_);
  }
}

void Service::begin_rest() {
  notify_ = Fd();
  commands_.clear();
  state_ = State::auto_restart;
  ++restarts_;
  deadline_ = Clock::now() + file_.settings.span("Service.RestartSec", milliseconds(100));
}

bool Service::will_restart(int wait_status) const {
  const std::string policy = file_.settings.value("Service.Restart", "no");
  if (WIFEXITED(wait_status)) {
    const std::string never = file_.settings.value("Service.RestartPreventExitStatus");
    const auto words = split(never, ' ');
    if (std::ranges::find(words, std::to_string(WEXITSTATUS(wait_status))) != words.end()) {
      return false;
    }
  }
  const bool success = result_ == "success";
  return policy == "always" || (policy == "on-success" && success) || (policy == "on-failure" && !success) ||
         ((policy == "on-abnormal" || policy == "on-abort") && result_ == "signal");
}

/// StartLimitBurst= starts within StartLimitIntervalSec=; both have older names in [Service].
bool Service::too_often() {
  const UnitSettings& settings = file_.settings;
  const std::string text = settings.value("Unit.StartLimitBurst", settings.value("Service.StartLimitBurst", "5"));
  std::size_t burst = 5;
  std::from_chars(text.data(), text.data() + text.size(), burst);
  milliseconds interval = std::chrono::seconds(10);
  for (const auto* key : {"Service.StartLimitInterval", "Unit.StartLimitInterval", "Unit.StartLimitIntervalSec"}) {
    interval = settings.span(key, interval);
  }
  if (interval.count() == 0 || burst == 0) {
    return false;
  }
  const auto now = Clock::now();
  std::erase_if(starts_, [&](Clock::time_point at) { return now - at >= interval; });
  starts_.push_back(now);
  return starts_.size() > burst;
}

void Service::failed_to_start(const std::string& why) {
  kill_all();
  const std::string policy = file_.settings.value("Service.Restart", "no");
  if (policy != "always" && policy != "on-failure") {
    return settle(State::failed, why);
  }
  result_ = why;
  say(fmt::format("Failed with result '{}'; another try follows.", why));
  resolve(start_failure());
  begin_rest();
}

Reply Service::start_failure() const {
  return {1, "", fmt::format("Job for {0} failed: {1}. See \"journalctl -u {0}\".\n", name_, result_)};
}

void Service::settle(State state, std::string result) {
  state_ = state;
  result_ = std::move(result);
  deadline_ = Clock::time_point::max();
  notify_ = Fd();
  commands_.clear();
  if (state == State::failed) {
    say(fmt::format("Failed with result '{}'.", result_));
    resolve(start_failure());
  } else {
    resolve({});
  }
}

void Service::resolve(const Reply& reply) {
  for (const auto& answer : std::exchange(waiters_, {})) {
    answer(reply);
  }
}

void Service::begin_stop() {
  state_ = State::stopping;
  deadline_ = Clock::now() + file_.settings.span("Service.TimeoutStopSec", k_patience);
  commands_.clear();
  const std::string signal = file_.settings.value("Service.KillSignal", "SIGTERM");
  send(signal == "SIGINT" ? SIGINT : signal == "SIGQUIT" ? SIGQUIT : signal == "SIGKILL" ? SIGKILL : SIGTERM);
}

void Service::tick(Clock::time_point now) {
  if (state_ == State::stopping) {
    if (is_gone()) {
      const bool again = std::exchange(again_, false);
      auto waiting = std::exchange(waiters_, {});
      settle(State::inactive, "success");
      if (!again) {
        std::ranges::for_each(waiting, [](const Answer& answer) { answer({}); });
      } else {
        for (auto& answer : waiting) {
          start(std::move(answer));
        }
      }
    } else if (now >= deadline_) {
      say("State stop-sigterm timed out. Killing.");
      kill_all();
      deadline_ = Clock::time_point::max();
    }
  } else if (now >= deadline_ && state_ == State::auto_restart) {
    if (load() && !file_.masked) {
      begin();
    } else {
      settle(State::failed, "resources");
    }
  } else if (now >= deadline_) {
    say("start operation timed out. Terminating.");
    failed_to_start("timeout");
  }
}

std::string_view Service::active_state() const {
  switch (state_) {
    case State::running:
    case State::exited: return "active";
    case State::start_pre:
    case State::start:
    case State::auto_restart: return "activating";
    case State::stopping: return "deactivating";
    case State::failed: return "failed";
    case State::inactive: break;
  }
  return "inactive";
}

std::string_view Service::sub_state() const {
  switch (state_) {
    case State::running: return "running";
    case State::exited: return "exited";
    case State::start_pre: return "start-pre";
    case State::start: return "start";
    case State::auto_restart: return "auto-restart";
    case State::stopping: return "stop-sigterm";
    case State::failed: return "failed";
    case State::inactive: break;
  }
  return "dead";
}

}  // namespace kubeferry::rehearsal

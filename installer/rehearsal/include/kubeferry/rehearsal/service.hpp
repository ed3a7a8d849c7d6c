// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <kubeferry/base/fd.hpp>
#include <kubeferry/host/host.hpp>
#include <kubeferry/rehearsal/unit_file.hpp>

namespace kubeferry::rehearsal {

/// Where a manager of units keeps things. Paths of this process, not below the host's root.
struct Places {
  host::Host host;    ///< whose units they are
  std::string run;    ///< a folder for sockets and credentials
  std::string logs;   ///< a log for each unit, NAME.log
  std::string group;  ///< control group in which each unit gets a child; empty: process groups stand in
  /// Units that count as active although nobody started them: what they do for others is done on the machine.
  std::set<std::string> outside{};
};

/// What systemctl(1) is to print, and its exit status.
struct Reply {
  int status = 0;
  std::string out;
  std::string err;

  /// What both say, and the worse status.
  Reply& operator+=(const Reply& more);
};
using Answer = std::function<void(Reply)>;

/// One unit of type service and its processes. Nothing in it waits: its owner tells it which children ended, and asks
/// it often (tick) what the time has brought. One thread.
class Service {
public:
  using Clock = std::chrono::steady_clock;
  enum class State { inactive, start_pre, start, running, exited, stopping, auto_restart, failed };

  /// `places` outlives it.
  Service(std::string name, const Places& places) : name_(std::move(name)), places_(&places) {}

  /// Answered when it runs, or has failed for the first time; status 5 when there is no such unit.
  void start(Answer answer);
  /// Answered when nothing of it is left, but for what KillMode= spares.
  void stop(Answer answer);
  void restart(Answer answer);
  void reset_failed();

  /// A child of this process ended; whether it was one of the unit's.
  bool child_ended(pid_t pid, int wait_status);
  void tick(Clock::time_point now);
  /// Reads what came on the notify socket.
  void read_notifications();
  /// To be polled for reading; -1: none.
  [[nodiscard]] int notify_fd() const { return notify_.get(); }

  /// SIGKILL to all of it, at once.
  void kill_all();

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] std::string_view active_state() const;
  [[nodiscard]] std::string_view sub_state() const;
  [[nodiscard]] pid_t main_pid() const { return main_; }
  [[nodiscard]] unsigned restarts() const { return restarts_; }
  [[nodiscard]] const std::string& result() const { return result_; }
  [[nodiscard]] std::string log_path() const;

private:
  bool load();
  void begin();
  Status prepare();
  Status make_environment();
  Status load_credentials();
  void make_folders();
  Result<pid_t> launch_line(const std::string& line);
  void next_command();
  void after_commands();
  void start_main();
  void listen();
  void became_active();
  void main_ended(int wait_status);
  bool will_restart(int wait_status) const;
  bool too_often();
  void settle(State state, std::string result);
  void resolve(const Reply& reply);
  void failed_to_start(const std::string& why);
  void begin_rest();
  [[nodiscard]] Reply start_failure() const;
  void send(int signal);
  void begin_stop();
  [[nodiscard]] bool is_gone() const;
  [[nodiscard]] std::vector<pid_t> members() const;
  [[nodiscard]] std::string group() const;
  [[nodiscard]] std::string credentials() const;
  void say(std::string_view line) const;

  std::string name_;
  const Places* places_;
  UnitFile file_;
  Environment environment_;
  State state_ = State::inactive;
  std::string result_ = "success";
  std::deque<std::string> commands_;
  bool ignore_status_ = false;  ///< of the control process
  bool again_ = false;          ///< start when it has stopped
  pid_t control_ = 0;
  pid_t main_ = 0;
  pid_t session_ = 0;  ///< of the last main process
  unsigned restarts_ = 0;
  Fd notify_;
  Clock::time_point deadline_ = Clock::time_point::max();
  std::vector<Clock::time_point> starts_;
  std::vector<Answer> waiters_;
};

}  // namespace kubeferry::rehearsal

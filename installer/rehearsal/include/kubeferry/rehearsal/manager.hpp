// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <kubeferry/rehearsal/service.hpp>

namespace kubeferry::rehearsal {

/// As much of a service manager as kubeferry and kubeadm ask for by systemctl(1). Waits for nothing; see Service.
class Manager {
public:
  explicit Manager(Places places) : places_(std::move(places)) {}
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;

  /// Arguments as systemctl gets them, without the program's name. Known verbs: start, stop, restart, try-restart,
  /// reload-or-restart, enable, disable, reenable, daemon-reload, reset-failed, is-active, is-failed, is-enabled,
  /// is-system-running, status, show, cat. Others are answered with status 1.
  void request(std::span<const std::string> arguments, Answer answer);

  /// A child of this process that was waited for; those that belong to no unit are passed over.
  void child_ended(pid_t pid, int wait_status);
  void tick();
  /// Notify sockets to be polled for reading; read_notifications() takes what came on any.
  [[nodiscard]] std::vector<int> descriptors() const;
  void read_notifications();

  /// SIGKILL to every unit's processes.
  void kill_all();

private:
  struct Request;

  Service& service(const std::string& name);
  [[nodiscard]] std::string_view activity(const std::string& name) const;
  void act(const Request& request, Answer answer);
  Reply ask(const Request& request);
  Reply is_active(const Request& request);
  Reply is_enabled(const Request& request);
  Reply status_of(const std::string& name);
  Reply properties(const Request& request, const std::string& name);
  Reply files_of(const std::string& name);
  [[nodiscard]] std::string enablement(const std::string& name) const;
  Reply enable(const std::string& name);
  Reply disable(const std::string& name);
  [[nodiscard]] std::vector<std::string> links_to(const std::string& name) const;

  Places places_;
  std::map<std::string, std::unique_ptr<Service>> services_;
};

}  // namespace kubeferry::rehearsal

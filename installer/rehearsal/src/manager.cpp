// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/rehearsal/manager.hpp>

#include <algorithm>

#include <kubeferry/base/text.hpp>

#include "request.hpp"

namespace kubeferry::rehearsal {

namespace {

/// Collects the replies of several units into one: all they say, and the worst status.
class Gathering {
public:
  Gathering(std::size_t count, Answer answer) : left_(count), answer_(std::move(answer)) {}
  void add(const Reply& reply) {
    all_ += reply;
    if (--left_ == 0) {
      answer_(all_);
    }
  }

private:
  std::size_t left_;
  Answer answer_;
  Reply all_;
};

bool is_action(std::string_view verb) {
  return verb == "start" || verb == "stop" || verb == "restart" || verb == "try-restart" || verb == "reset-failed" ||
         verb == "reload-or-restart";
}

}  // namespace

Service& Manager::service(const std::string& name) {
  auto& found = services_[name];
  if (!found) {
    found = std::make_unique<Service>(name, places_);
  }
  return *found;
}

void Manager::request(std::span<const std::string> arguments, Answer answer) {
  const Request request = Request::parse(arguments);
  if (is_action(request.verb)) {
    if (request.units.empty() && request.verb != "reset-failed") {
      return answer({1, "", "Too few arguments.\n"});
    }
    return act(request, std::move(answer));
  }
  answer(ask(request));
}

void Manager::act(const Request& request, Answer answer) {
  if (request.units.empty()) {
    for (const auto& [name, unit] : services_) {
      unit->reset_failed();
    }
    return answer({});
  }
  const auto gathering = std::make_shared<Gathering>(request.units.size(), std::move(answer));
  const Answer each = [gathering](const Reply& reply) { gathering->add(reply); };
  for (const auto& name : request.units) {
    Service& unit = service(name);
    const bool idle = unit.state() == Service::State::inactive || unit.state() == Service::State::failed;
    if (request.verb == "start") {
      unit.start(each);
    } else if (request.verb == "stop") {
      unit.stop(each);
    } else if (request.verb == "reset-failed") {
      unit.reset_failed();
      each({});
    } else if (request.verb == "try-restart" && idle) {
      each({});
    } else {
      unit.restart(each);
    }
  }
}

Reply Manager::ask(const Request& request) {
  if (request.verb == "daemon-reload") {
    return {};  // every start reads the files anew
  }
  if (request.verb == "is-system-running") {
    return {0, "running\n", ""};
  }
  if (request.units.empty()) {
    return {1, "", fmt::format("{}: too few arguments.\n", request.verb)};
  }
  if (request.verb == "is-active" || request.verb == "is-failed") {
    return is_active(request);
  }
  if (request.verb == "is-enabled") {
    return is_enabled(request);
  }
  Reply all;
  for (const auto& name : request.units) {
    Reply one{1, "", fmt::format("{}: not known to a rehearsal.\n", request.verb)};
    if (request.verb == "enable" || request.verb == "reenable") {
      one = enable(name);
    } else if (request.verb == "disable") {
      one = disable(name);
    } else if (request.verb == "status") {
      one = status_of(name);
    } else if (request.verb == "show") {
      one = properties(request, name);
    } else if (request.verb == "cat") {
      one = files_of(name);
    }
    all += one;
  }
  return all;
}

void Manager::child_ended(pid_t pid, int wait_status) {
  for (const auto& [name, unit] : services_) {
    if (unit->child_ended(pid, wait_status)) {
      return;
    }
  }
}

void Manager::tick() {
  const auto now = Service::Clock::now();
  for (const auto& [name, unit] : services_) {
    unit->tick(now);
  }
}

std::vector<int> Manager::descriptors() const {
  std::vector<int> fds;
  for (const auto& [name, unit] : services_) {
    if (unit->notify_fd() >= 0) {
      fds.push_back(unit->notify_fd());
    }
  }
  return fds;
}

void Manager::read_notifications() {
  for (const auto& [name, unit] : services_) {
    if (unit->notify_fd() >= 0) {
      unit->read_notifications();
    }
  }
}

void Manager::kill_all() {
  for (const auto& [name, unit] : services_) {
    unit->kill_all();
  }
}

}  // namespace kubeferry::rehearsal

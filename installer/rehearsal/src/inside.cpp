// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/rehearsal/inside.hpp>

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>

#include <kubeferry/base/fd.hpp>
#include <kubeferry/base/text.hpp>
#include <kubeferry/rehearsal/unit_file.hpp>

#include "control_socket.hpp"
#include "keeper.hpp"
#include "plan.hpp"
#include "process_one.hpp"

namespace kubeferry::rehearsal {

namespace {

constexpr int k_not_here = static_cast<int>(ExitCode::bug);

int not_here(std::string_view name) {
  fmt::print(stderr, "{}: this is no rehearsal of kubeferry's\n", name);
  return k_not_here;
}

int systemctl(const std::vector<std::string>& arguments) {
  if (!is_rehearsal()) {
    return not_here("systemctl");
  }
  if (std::ranges::find(arguments, "--version") != arguments.end()) {
    fmt::print("{}\n", trim(read_file(k_version, 4096).value_or("systemd 252 (a rehearsal of kubeferry's)")));
    return 0;
  }
  const auto reply = ask_manager(std::string(k_socket), arguments);
  if (!reply) {
    fmt::print(stderr, "systemctl: {}\n", reply.error().message);
    return 1;
  }
  std::fwrite(reply->out.data(), 1, reply->out.size(), stdout);
  std::fwrite(reply->err.data(), 1, reply->err.size(), stderr);
  return reply->status;
}

/// -u UNIT and -n LINES; all else is how to print.
int journalctl(const std::vector<std::string>& arguments) {
  if (!is_rehearsal()) {
    return not_here("journalctl");
  }
  std::string unit;
  std::size_t lines = 1000;
  for (std::size_t n = 0; n + 1 < arguments.size(); ++n) {
    const std::string& value = arguments[n + 1];
    if (arguments[n] == "-u" || arguments[n] == "--unit") {
      unit = unit_name(value);
    } else if (arguments[n] == "-n" || arguments[n] == "--lines") {
      std::from_chars(value.data(), value.data() + value.size(), lines);
    }
  }
  if (unit.empty() || unit.find('/') != std::string::npos) {
    fmt::print(stderr, "journalctl: only -u UNIT is known to a rehearsal\n");
    return 1;
  }
  constexpr std::uint64_t k_largest = std::uint64_t{1} << 30;
  const auto log = read_file(fmt::format("{}/{}.log", k_logs, unit.substr(0, unit.rfind('.'))), k_largest);
  if (!log) {
    fmt::print("-- No entries --\n");
    return 0;
  }
  const auto all = split(trim(*log), '\n');
  for (std::size_t n = all.size() > lines ? all.size() - lines : 0; n < all.size(); ++n) {
    fmt::print("{}\n", all[n]);
  }
  return 0;
}

}  // namespace

std::optional<int> run_by_name(std::span<char*> arguments) {
  if (arguments.empty()) {
    return std::nullopt;
  }
  const std::string_view path = arguments.front();
  const std::string_view name = path.substr(path.rfind('/') + 1);
  const std::vector<std::string> rest(arguments.begin() + 1, arguments.end());
  if (name == k_process_name) {
    return ::getpid() == 1 ? process_one() : not_here(name);
  }
  if (name == k_keeper_name) {
    return keep_house();
  }
  if (name == "systemctl") {
    return systemctl(rest);
  }
  if (name == "journalctl") {
    return journalctl(rest);
  }
  return std::nullopt;
}

}  // namespace kubeferry::rehearsal

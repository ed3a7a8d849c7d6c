// SPDX-License-Identifier: Apache-2.0
// What a service does to processes and folders; service.cpp decides when.
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <ctime>
#include <filesystem>

#include <kubeferry/base/text.hpp>
#include <kubeferry/rehearsal/service.hpp>

#include "launch.hpp"

namespace kubeferry::rehearsal {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t k_largest_credential = std::uint64_t{1} << 20;

struct KeptFolder {
  std::string_view key;
  std::string_view base;
  std::string_view variable;
};
constexpr KeptFolder k_kept_folders[] = {{"State", "/var/lib", "STATE_DIRECTORY"},
                                         {"Runtime", "/run", "RUNTIME_DIRECTORY"},
                                         {"Cache", "/var/cache", "CACHE_DIRECTORY"},
                                         {"Logs", "/var/log", "LOGS_DIRECTORY"},
                                         {"Configuration", "/etc", "CONFIGURATION_DIRECTORY"}};

std::uint32_t octal(const std::string& text, std::uint32_t otherwise) {
  std::uint32_t mode = otherwise;
  std::from_chars(text.data(), text.data() + text.size(), mode, 8);
  return mode;
}

}  // namespace

std::string Service::log_path() const {
  return fmt::format("{}/{}.log", places_->logs, name_.substr(0, name_.rfind('.')));
}

std::string Service::group() const {
  return places_->group.empty() ? std::string() : fmt::format("{}/{}", places_->group, name_);
}

std::string Service::credentials() const { return fmt::format("{}/credentials/{}", places_->run, name_); }

void Service::say(std::string_view line) const {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  std::array<char, 32> stamp{};
  std::strftime(stamp.data(), stamp.size(), "%b %d %H:%M:%S", &parts);
  const std::string text = fmt::format("{} rehearsal: {}: {}\n", stamp.data(), name_, line);
  const Fd log(::open(log_path().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (log) {
    static_cast<void>(write_all(log.get(), as_byte_view(text), name_));
  }
}

Status Service::prepare() {
  if (const std::string folder = group(); !folder.empty()) {
    std::error_code error;
    fs::create_directories(folder, error);
    if (error) {
      return fail_errno(error.value(), folder);
    }
  }
  return make_environment();
}

Status Service::make_environment() {
  environment_ = {{"PATH", std::string(host::k_program_path)},
                  {"LANG", "C.UTF-8"},
                  {"HOME", "/root"},
                  {"USER", "root"},
                  {"LOGNAME", "root"},
                  {"SHELL", "/bin/sh"}};
  const auto lay = [&](const std::string& setting) {
    const auto equals = setting.find('=');
    if (equals != std::string::npos) {
      environment_.insert_or_assign(setting.substr(0, equals), setting.substr(equals + 1));
    }
  };
  for (const auto& line : file_.settings.values("Service.Environment")) {
    std::ranges::for_each(plain_words(line, name_), lay);
  }
  for (const auto& named : file_.settings.values("Service.EnvironmentFile")) {
    const bool optional = named.starts_with('-');
    const auto text = places_->host.text(optional ? named.substr(1) : named);
    if (!text && !optional) {
      return fail(ExitCode::io, "{}: Failed to load environment files: {}", name_, named);
    }
    add_environment_file(text.value_or(""), environment_);
  }
  make_folders();
  return load_credentials();
}

void Service::make_folders() {
  for (const auto& [key, base, variable] : k_kept_folders) {
    const std::uint32_t mode = octal(file_.settings.value(fmt::format("Service.{}DirectoryMode", key)), 0755);
    std::string all;
    for (const auto& line : file_.settings.values(fmt::format("Service.{}Directory", key))) {
      for (const auto& name : plain_words(line, name_)) {
        const std::string path = fmt::format("{}/{}", base, name.substr(0, name.find(':')));
        std::error_code ignored;
        fs::create_directories(places_->host.at(path), ignored);
        static_cast<void>(::chmod(places_->host.at(path).c_str(), mode));
        all += (all.empty() ? "" : ":") + path;
      }
    }
    if (!all.empty()) {
      environment_.insert_or_assign(std::string(variable), all);
    }
  }
}

Status Service::load_credentials() {
  const auto wanted = file_.settings.values("Service.LoadCredential");
  if (wanted.empty()) {
    return {};
  }
  const std::string folder = credentials();
  std::error_code error;
  fs::create_directories(folder, error);
  static_cast<void>(::chmod(folder.c_str(), 0700));
  for (const auto& entry : wanted) {
    const auto colon = entry.find(':');
    if (colon == std::string::npos) {
      continue;
    }
    KF_TRY_ASSIGN(const std::string text, read_file(places_->host.at(entry.substr(colon + 1)), k_largest_credential));
    const std::string path = fmt::format("{}/{}", folder, entry.substr(0, colon));
    static_cast<void>(::unlink(path.c_str()));
    KF_TRY_ASSIGN(const Fd file, open_file(path, O_WRONLY | O_CREAT | O_EXCL, 0400));
    KF_TRY(write_all(file.get(), as_byte_view(text), path));
  }
  environment_.insert_or_assign("CREDENTIALS_DIRECTORY", folder);
  return {};
}

Result<pid_t> Service::launch_line(const std::string& line) {
  const auto start = std::min(line.find_first_not_of("-@:+!"), line.size());
  const std::string prefixes = line.substr(0, start);
  const bool plain = prefixes.find(':') != std::string::npos;
  Launch wanted{
      .argv = plain ? plain_words(line.substr(start), name_) : command_words(line.substr(start), name_, environment_),
      .environment = environment_,
      .umask = octal(file_.settings.value("Service.UMask"), 0022),
      .log = log_path(),
      .group = group(),
      .oom_score_adjust = file_.settings.value("Service.OOMScoreAdjust")};
  if (wanted.argv.empty()) {
    return fail(ExitCode::io, "an empty command line: {}", line);
  }
  wanted.program = wanted.argv.front();
  if (wanted.program.find('/') == std::string::npos) {
    wanted.program = places_->host.program(wanted.program).value_or(wanted.program);
  }
  if (prefixes.find('@') != std::string::npos && wanted.argv.size() > 1) {
    wanted.argv.erase(wanted.argv.begin());
  }
  std::string directory = file_.settings.value("Service.WorkingDirectory", "/");
  directory = directory.starts_with('-') ? directory.substr(1) : directory;
  wanted.directory = directory == "~" ? "/root" : directory;
  for (const auto* limit : {"LimitNOFILE", "LimitNPROC", "LimitCORE"}) {
    if (auto value = file_.settings.value(fmt::format("Service.{}", limit)); !value.empty()) {
      wanted.limits.emplace_back(limit, value.substr(value.find(':') + 1));
    }
  }
  return launch(wanted);
}

void Service::listen() {
  const std::string path = fmt::format("{}/notify-{}", places_->run, name_);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return;
  }
  std::memcpy(&address.sun_path, path.c_str(), path.size() + 1);
  static_cast<void>(::unlink(path.c_str()));
  notify_ = Fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (notify_ && ::bind(notify_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    environment_.insert_or_assign("NOTIFY_SOCKET", path);
  }
}

void Service::read_notifications() {
  std::array<char, 4096> buffer{};
  for (;;) {
    const ssize_t count = ::recv(notify_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (count <= 0) {
      return;
    }
    const std::string_view text(buffer.data(), static_cast<std::size_t>(count));
    const auto lines = split(text, '\n');
    if (state_ == State::start && std::ranges::find(lines, "READY=1") != lines.end()) {
      became_active();
    }
  }
}

std::vector<pid_t> Service::members() const {
  std::vector<pid_t> pids;
  const auto text = read_file(group() + "/cgroup.procs", std::uint64_t{1} << 20);
  if (!text) {
    return pids;
  }
  for (const auto line : split(*text, '\n')) {
    pid_t pid = 0;
    std::from_chars(line.data(), line.data() + line.size(), pid);
    if (pid > 1) {
      pids.push_back(pid);
    }
  }
  return pids;
}

void Service::send(int signal) {
  const std::string mode = file_.settings.value("Service.KillMode", "control-group");
  if (mode == "process" || (mode == "mixed" && signal != SIGKILL)) {
    if (main_ > 1) {
      ::kill(main_, signal);
    }
  } else if (!places_->group.empty()) {
    for (const pid_t pid : members()) {
      ::kill(pid, signal);
    }
  } else if (session_ > 1) {
    ::kill(-session_, signal);
  }
  if (control_ > 1) {
    ::kill(control_, signal);
  }
}

void Service::kill_all() { send(SIGKILL); }

bool Service::is_gone() const {
  if (main_ != 0 || control_ != 0) {
    return false;
  }
  if (file_.settings.value("Service.KillMode", "control-group") == "process") {
    return true;
  }
  return places_->group.empty() ? session_ == 0 || ::kill(-session_, 0) != 0 : members().empty();
}

}  // namespace kubeferry::rehearsal

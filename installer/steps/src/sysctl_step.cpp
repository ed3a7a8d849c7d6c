// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include <kubeferry/base/fd.hpp>
#include <kubeferry/base/text.hpp>
#include <kubeferry/steps/basic_steps.hpp>

#include "kinds.hpp"

namespace kubeferry::steps {

namespace {

/// As sysctl(8): the first separator decides what separates, the other one then is part of names.
std::string path_of(std::string_view key) {
  std::string path(key);
  if (key.find('.') < key.find('/')) {
    for (char& c : path) {
      c = c == '.' ? '/' : c == '/' ? '.' : c;
    }
  }
  return "/proc/sys/" + path;
}

/// The kernel separates numbers by tabs, people by blanks.
std::string normalised(std::string_view value) {
  std::string out;
  for (const char c : trim(value)) {
    const bool blank = c == ' ' || c == '\t' || c == '\n';
    if (!blank) {
      out += c;
    } else if (!out.ends_with(' ')) {
      out += ' ';
    }
  }
  return out;
}

Result<std::optional<std::string>> value_of(const host::Host& host, const std::string& key) {
  const std::string path = path_of(key);
  auto text = read_file(host.at(path), 65536);
  if (text) {
    return normalised(*text);
  }
  if (!host.exists(path)) {
    return std::nullopt;
  }
  return Failure(std::move(text).error());
}

Failure no_such_key(const std::string& key) {
  std::string hint = "the kernel module that has it is not loaded, or this kernel was built without it";
  if (key.starts_with("net.bridge") || key.starts_with("net/bridge")) {
    hint = "modprobe br_netfilter";
  }
  return Failure(
      Error{ExitCode::unsupported_host, fmt::format("the kernel has no {}", path_of(key)), std::move(hint), {}});
}

Status set(const host::Host& host, const std::string& key, const std::string& value) {
  const std::string path = host.at(path_of(key));
  Result<Fd> fd = open_file(path, O_WRONLY);
  if (!fd) {
    Error error = std::move(fd).error();
    error.hint = "is /proc/sys mounted read-only, as in a container? Then set it where the kernel is: sysctl -w " +
                 fmt::format("{}=\"{}\"", key, value);
    return Failure(std::move(error));
  }
  const std::string line = value + "\n";
  KF_TRY(write_all(fd->get(), as_byte_view(line), fmt::format("{}: cannot be set to \"{}\"", path, value)));
  // The kernel takes the value at once and has no length to cut; a file that stands for it in a rehearsal has.
  (void)!::ftruncate(fd->get(), static_cast<off_t>(line.size()));
  KF_TRY_ASSIGN(const auto now, value_of(host, key));
  if (now != value) {
    return fail(ExitCode::io, "{}: set to \"{}\", but the kernel says \"{}\"", path, value, now.value_or(""));
  }
  return {};
}

class SysctlStep final : public Step {
public:
  SysctlStep(std::string key, std::string_view value) : key_(std::move(key)), value_(normalised(value)) {}

  [[nodiscard]] std::string_view kind() const noexcept override { return k_sysctl; }
  [[nodiscard]] std::string target() const override { return key_; }
  [[nodiscard]] std::string summary() const override { return fmt::format("set {} = {}", key_, value_); }
  [[nodiscard]] std::string mark() const override { return value_; }

  /// A key that is missing may come with a module that the plan loads before.
  Result<bool> satisfied(const host::Host& host) const override {
    KF_TRY_ASSIGN(const auto value, value_of(host, key_));
    return value == value_;
  }
  Result<Json> capture(const host::Host& host, Backups& /*backups*/) const override {
    KF_TRY_ASSIGN(auto value, value_of(host, key_));
    if (!value) {
      return no_such_key(key_);
    }
    return Json(std::move(*value));
  }
  Status apply(const host::Host& host) const override {
    if (!host.exists(path_of(key_))) {
      return no_such_key(key_);
    }
    return set(host, key_, value_);
  }
  Result<Preview> preview(const host::Host& host) const override {
    KF_TRY_ASSIGN(const auto value, value_of(host, key_));
    const std::string was = value ? fmt::format("was {}", *value) : "not there yet";
    return Preview{.action = "set", .summary = fmt::format("{} ({})", summary(), was), .diff = {}, .argv = {}};
  }

private:
  std::string key_;
  std::string value_;
};

}  // namespace

std::unique_ptr<const Step> sysctl(std::string key, std::string value) {
  return std::make_unique<SysctlStep>(std::move(key), value);
}

Status undo_sysctl(const host::Host& host, const Entry& entry, Backups& /*backups*/, const Warning& warning) {
  const auto* prior = entry.prior.as_string();
  if (prior == nullptr) {
    return fail(ExitCode::bug, "{}: the journal does not say what it was", entry.target);
  }
  KF_TRY_ASSIGN(const auto now, value_of(host, entry.target));
  if (!now || now == *prior) {
    return {};
  }
  if (std::find(entry.marks.begin(), entry.marks.end(), *now) == entry.marks.end()) {
    warning(fmt::format("{} is left at {}: somebody changed it after kubeferry set it (before, it was {})",
                        entry.target, *now, *prior));
    return {};
  }
  return set(host, entry.target, *prior);
}

}  // namespace kubeferry::steps

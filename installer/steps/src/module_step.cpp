// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <kubeferry/base/fd.hpp>
#include <kubeferry/base/text.hpp>
#include <kubeferry/steps/basic_steps.hpp>

#include "kinds.hpp"
#include "place.hpp"

namespace kubeferry::steps {

namespace {

constexpr std::uint64_t k_largest_list = std::uint64_t{4} << 20;

/// Module names mean the same with "-" and "_"; the kernel itself writes "_".
std::string canonical(std::string_view name) {
  std::string out(name);
  std::replace(out.begin(), out.end(), '-', '_');
  return out;
}

std::vector<std::string> loaded_modules(const host::Host& host) {
  std::vector<std::string> names;
  if (const auto text = read_file(host.at("/proc/modules"), k_largest_list)) {
    for (const auto line : split(*text, '\n')) {
      if (!line.empty()) {
        names.push_back(canonical(line.substr(0, line.find(' '))));
      }
    }
  }
  return names;
}

bool is_in(const std::vector<std::string>& list, const std::string& name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

std::string release_of(const host::Host& host) { return host.line("/proc/sys/kernel/osrelease").value_or("unknown"); }

bool is_built_in(const host::Host& host, const std::string& name) {
  const auto list =
      read_file(host.at(fmt::format("/lib/modules/{}/modules.builtin", release_of(host))), k_largest_list);
  const std::string ending = fmt::format("/{}.ko", name);
  for (const auto line : split(list ? std::string_view(*list) : "", '\n')) {
    if (canonical(line).ends_with(ending)) {
      return true;
    }
  }
  return false;
}

bool is_there(const host::Host& host, const std::string& name) {
  return host.exists("/sys/module/" + name) || is_in(loaded_modules(host), name) || is_built_in(host, name);
}

Result<std::string> modprobe(const host::Host& host) {
  if (auto program = host.program("modprobe")) {
    return std::move(*program);
  }
  return Failure(
      Error{ExitCode::unsupported_host, "there is no modprobe on this host", "install the package kmod", {}});
}

class ModuleStep final : public Step {
public:
  explicit ModuleStep(std::string name) : name_(std::move(name)) {}

  [[nodiscard]] std::string_view kind() const noexcept override { return k_module; }
  [[nodiscard]] std::string target() const override { return canonical(name_); }
  [[nodiscard]] std::string summary() const override { return fmt::format("load kernel module {}", name_); }

  Result<bool> satisfied(const host::Host& host) const override { return is_there(host, canonical(name_)); }

  /// All that were loaded: unloading takes along what the module needs, which may have been there before.
  Result<Json> capture(const host::Host& host, Backups& /*backups*/) const override {
    return to_json(loaded_modules(host));
  }

  Status apply(const host::Host& host) const override {
    KF_TRY_ASSIGN(const std::string program, modprobe(host));
    Result<std::string> output = host.output_of({program, "--", name_});
    if (!output) {
      Error error = std::move(output).error();
      error.code = ExitCode::unsupported_host;
      error.hint = fmt::format(
          "is it in /lib/modules/{}? After an update of the kernel, reboot; some distributions have it in a package of "
          "its own (kernel-modules-extra, linux-modules-extra)",
          release_of(host));
      return Failure(std::move(error));
    }
    return {};
  }

  Result<Preview> preview(const host::Host& host) const override {
    return Preview{.action = "load",
                   .summary = summary(),
                   .diff = {},
                   .argv = {host.program("modprobe").value_or("modprobe"), "--", name_}};
  }

private:
  std::string name_;
};

}  // namespace

std::unique_ptr<const Step> kernel_module(std::string name) { return std::make_unique<ModuleStep>(std::move(name)); }

Status undo_module(const host::Host& host, const Entry& entry, Backups& /*backups*/, const Warning& warning) {
  const std::vector<std::string> now = loaded_modules(host);
  const std::vector<std::string> before = texts_of(&entry.prior);
  if (!is_in(now, entry.target) || is_in(before, entry.target)) {
    return {};
  }
  KF_TRY_ASSIGN(const std::string program, modprobe(host));
  if (auto output = host.output_of({program, "-r", "--", entry.target}); !output) {
    warning(fmt::format("kernel module {} stays loaded: {}", entry.target, output.error().message));
    return {};
  }
  const std::vector<std::string> left = loaded_modules(host);
  for (const auto& name : before) {
    if (is_in(now, name) && !is_in(left, name)) {
      KF_TRY(host.output_of({program, "--", name}));
    }
  }
  return {};
}

}  // namespace kubeferry::steps

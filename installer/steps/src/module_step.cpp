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

Result<std::string> kmod_program(const host::Host& host, std::string_view name) {
  if (auto program = host.program(name)) {
    return std::move(*program);
  }
  return Failure(Error{
      ExitCode::unsupported_host, fmt::format("there is no {} on this host", name), "install the package kmod", {}});
}

/// "kernel/net/bridge/br_netfilter.ko.xz" → "br_netfilter"
std::string module_of(std::string_view path) {
  const std::string_view file = path.substr(path.rfind('/') + 1);
  return canonical(file.substr(0, file.find(".ko")));
}

/// What depmod(8) found that the module needs, each before what it needs itself: the order for unloading.
std::vector<std::string> needs_of(const host::Host& host, const std::string& name) {
  const auto list = read_file(host.at(fmt::format("/lib/modules/{}/modules.dep", release_of(host))), k_largest_list);
  std::vector<std::string> needs;
  for (const auto line : split(list ? std::string_view(*list) : "", '\n')) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || module_of(line.substr(0, colon)) != name) {
      continue;
    }
    for (const auto path : split(line.substr(colon + 1), ' ')) {
      if (!path.empty()) {
        needs.push_back(module_of(path));
      }
    }
  }
  return needs;
}

class ModuleStep final : public Step {
public:
  explicit ModuleStep(std::string name) : name_(std::move(name)) {}

  [[nodiscard]] std::string_view kind() const noexcept override { return k_module; }
  [[nodiscard]] std::string target() const override { return canonical(name_); }
  [[nodiscard]] std::string summary() const override { return fmt::format("load kernel module {}", name_); }

  Result<bool> satisfied(const host::Host& host) const override { return is_there(host, canonical(name_)); }

  /// All that were loaded: what the module needs comes along, and may have been there before.
  Result<Json> capture(const host::Host& host, Backups& /*backups*/) const override {
    return to_json(loaded_modules(host));
  }

  Status apply(const host::Host& host) const override {
    KF_TRY_ASSIGN(const std::string program, kmod_program(host, "modprobe"));
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
  const std::vector<std::string> before = texts_of(&entry.prior);
  std::vector<std::string> names = needs_of(host, entry.target);
  names.insert(names.begin(), entry.target);
  // One by one: modprobe -r would take along what was loaded before.
  for (const auto& name : names) {
    if (is_in(before, name) || !is_in(loaded_modules(host), name)) {
      continue;
    }
    KF_TRY_ASSIGN(const std::string program, kmod_program(host, "rmmod"));
    auto output = host.output_of({program, name});
    if (!output && name == entry.target) {
      warning(fmt::format("kernel module {} stays loaded: {}", name, output.error().message));
      return {};
    }
    // What it needed may be needed by others now; then it stays without a word, as modprobe -r would leave it.
  }
  return {};
}

}  // namespace kubeferry::steps

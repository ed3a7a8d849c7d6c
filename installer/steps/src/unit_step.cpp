// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <kubeferry/base/text.hpp>
#include <kubeferry/steps/basic_steps.hpp>

#include "kinds.hpp"
#include "systemctl.hpp"
#include "unit_notes.hpp"

namespace kubeferry::steps {

namespace {

constexpr std::string_view k_revision = "revision";
constexpr std::string_view k_files = "files";
constexpr std::string_view k_enabled_mark = "enabled";
constexpr std::string_view k_running_mark = "running";
constexpr std::string_view k_both_mark = "enabled, running";

Result<Json> state_of(const host::Host& host, const std::string& unit) {
  KF_TRY_ASSIGN(std::string enabled, enablement(host, unit));
  KF_TRY_ASSIGN(std::string active, activity(host, unit));
  Json prior = Json::object();
  prior.set("enabled", std::move(enabled)).set("active", std::move(active));
  return prior;
}

class UnitStep final : public Step {
public:
  UnitStep(std::string name, UnitWants wants) : name_(std::move(name)), wants_(std::move(wants)) {}

  [[nodiscard]] std::string_view kind() const noexcept override { return k_unit; }
  [[nodiscard]] std::string target() const override { return name_; }
  [[nodiscard]] std::string summary() const override {
    return fmt::format("{} {}", !wants_.running ? "enable" : wants_.enabled ? "enable and start" : "start", name_);
  }
  [[nodiscard]] std::string mark() const override {
    return std::string(wants_.enabled && wants_.running ? k_both_mark
                       : wants_.enabled                 ? k_enabled_mark
                                                        : k_running_mark);
  }

  Result<bool> satisfied(const host::Host& host) const override {
    if (wants_.enabled) {
      KF_TRY_ASSIGN(const std::string enabled, enablement(host, name_));
      if (!counts_as_enabled(enabled)) {
        return false;
      }
    }
    if (!wants_.running) {
      return true;
    }
    KF_TRY_ASSIGN(const std::string active, activity(host, name_));
    if (active != "active") {
      return false;
    }
    return started_with_revision(host);
  }

  Result<Json> capture(const host::Host& host, Backups& /*backups*/) const override { return state_of(host, name_); }

  Status apply(const host::Host& host) const override {
    KF_TRY(must_systemctl(host, {"daemon-reload"}));
    if (wants_.enabled) {
      KF_TRY(enable(host));
    }
    if (!wants_.running) {
      return {};
    }
    KF_TRY_ASSIGN(const std::string active, activity(host, name_));
    KF_TRY_ASSIGN(const bool current, started_with_revision(host));
    if (active != "active" || !current) {
      KF_TRY(start_unit(host, name_));
    }
    return wants_.revision.empty() ? Status() : write_unit_note(host, name_, k_revision, wants_.revision);
  }

  Result<Preview> preview(const host::Host& host) const override {
    KF_TRY_ASSIGN(const std::string active, activity(host, name_));
    const bool restart = wants_.running && active == "active";
    const std::string program = host.program("systemctl").value_or("systemctl");
    std::vector<std::string> argv{program, "enable", name_};
    if (wants_.running) {
      argv = wants_.enabled && !restart ? std::vector<std::string>{program, "enable", "--now", name_}
                                        : std::vector<std::string>{program, restart ? "restart" : "start", name_};
    }
    return Preview{.action = wants_.running ? "start" : "enable",
                   .summary = restart ? fmt::format("restart {}", name_) : summary(),
                   .diff = {},
                   .argv = std::move(argv)};
  }

private:
  Status enable(const host::Host& host) const {
    KF_TRY_ASSIGN(const std::string enabled, enablement(host, name_));
    if (counts_as_enabled(enabled)) {
      return {};
    }
    if (enabled.starts_with("masked")) {
      return Failure(Error{ExitCode::io,
                           fmt::format("{} is masked: somebody wants it never to run", name_),
                           fmt::format("systemctl unmask {}", name_),
                           {}});
    }
    return must_systemctl(host, {"enable", name_});
  }

  Result<bool> started_with_revision(const host::Host& host) const {
    if (wants_.revision.empty()) {
      return true;
    }
    KF_TRY_ASSIGN(const auto revision, unit_note(host, name_, k_revision));
    return revision == wants_.revision;
  }

  std::string name_;
  UnitWants wants_;
};

class UnitFilesStep final : public Step {
public:
  explicit UnitFilesStep(std::string name) : name_(std::move(name)) {}

  [[nodiscard]] std::string_view kind() const noexcept override { return k_unit_files; }
  [[nodiscard]] std::string target() const override { return name_; }
  [[nodiscard]] std::string summary() const override { return fmt::format("remember whether {} runs", name_); }

  Result<bool> satisfied(const host::Host& host) const override {
    KF_TRY_ASSIGN(const auto note, unit_note(host, name_, k_files));
    return note.has_value();
  }
  Result<Json> capture(const host::Host& host, Backups& /*backups*/) const override { return state_of(host, name_); }
  Status apply(const host::Host& host) const override { return write_unit_note(host, name_, k_files, ""); }
  Result<Preview> preview(const host::Host& /*host*/) const override {
    return Preview{.action = "keep", .summary = summary(), .diff = {}, .argv = {}};
  }

private:
  std::string name_;
};

bool wanted(const Entry& entry, std::string_view mark) {
  return std::any_of(entry.marks.begin(), entry.marks.end(),
                     [mark](const std::string& text) { return text == mark || text == k_both_mark; });
}

bool runs(const std::string& activity) {
  return activity == "active" || activity == "activating" || activity == "reloading";
}

Status undo_running(const host::Host& host, const std::string& unit, const std::string& before) {
  KF_TRY_ASSIGN(const std::string active, activity(host, unit));
  if (runs(active) && !runs(before)) {
    KF_TRY(must_systemctl(host, {"stop", unit}));
  } else if (active == "failed" && before != "failed") {
    KF_TRY(systemctl(host, {"reset-failed", unit}));
  } else if (runs(before) && !runs(active)) {
    return start_unit(host, unit);
  }
  return {};
}

}  // namespace

std::unique_ptr<const Step> unit(std::string name, UnitWants wants) {
  return std::make_unique<UnitStep>(std::move(name), std::move(wants));
}

std::unique_ptr<const Step> restart_after_undo(std::string name) {
  return std::make_unique<UnitFilesStep>(std::move(name));
}

Status undo_unit(const host::Host& host, const Entry& entry, Backups& /*backups*/, const Warning& /*warning*/) {
  const JsonView prior(entry.prior, "prior");
  KF_TRY_ASSIGN(const std::string enabled_before, prior.string("enabled"));
  KF_TRY_ASSIGN(const std::string active_before, prior.string("active"));
  if (wanted(entry, k_enabled_mark) && !counts_as_enabled(enabled_before)) {
    KF_TRY_ASSIGN(const std::string enabled, enablement(host, entry.target));
    if (enabled == "enabled") {
      KF_TRY(must_systemctl(host, {"disable", entry.target}));
    }
  }
  if (wanted(entry, k_running_mark)) {
    KF_TRY(undo_running(host, entry.target, active_before));
  }
  return forget_unit_note(host, entry.target, k_revision);
}

Status undo_unit_files(const host::Host& host, const Entry& entry, Backups& /*backups*/, const Warning& /*warning*/) {
  const JsonView prior(entry.prior, "prior");
  KF_TRY_ASSIGN(const std::string before, prior.string("active"));
  KF_TRY(must_systemctl(host, {"daemon-reload"}));
  KF_TRY_ASSIGN(const std::string active, activity(host, entry.target));
  if (runs(before) && runs(active)) {
    KF_TRY(start_unit(host, entry.target));
  }
  return forget_unit_note(host, entry.target, k_files);
}

}  // namespace kubeferry::steps

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/host/host.hpp>
#include <kubeferry/steps/basic_steps.hpp>
#include <kubeferry/steps/journal.hpp>
#include <kubeferry/steps/run.hpp>

namespace kubeferry::steps {

/// Answers for systemctl, journalctl, modprobe, rmmod and restorecon. What it knows lies in files below `folder`,
/// changed by rename, so that it outlives a process that is killed.
class FakeSystem final : public host::Runner {
public:
  FakeSystem(std::filesystem::path folder, std::filesystem::path root)
      : folder_(std::move(folder)), root_(std::move(root)) {}
  Result<ProcessOutput> run(const Command& command) override;

  [[nodiscard]] std::string get(const std::string& name, const std::string& otherwise = "") const;
  void set(const std::string& name, const std::string& value) const;
  /// The commands that change something, one a line.
  [[nodiscard]] std::string log() const { return get("log"); }

private:
  ProcessOutput systemctl(const std::vector<std::string>& argv) const;
  ProcessOutput modprobe(const std::vector<std::string>& argv) const;
  std::filesystem::path folder_;
  std::filesystem::path root_;
};

/// A bare host in a temporary folder, which is gone afterwards.
class Scene {
public:
  Scene();
  explicit Scene(const std::filesystem::path& parent);
  Scene(const Scene&) = delete;
  Scene& operator=(const Scene&) = delete;
  ~Scene();

  [[nodiscard]] const host::Host& host() const noexcept { return *host_; }
  [[nodiscard]] FakeSystem& system() const noexcept { return *system_; }
  [[nodiscard]] std::filesystem::path at(std::string_view path) const { return host_->at(path); }
  void write(std::string_view path, std::string_view text, unsigned mode = 0644) const;
  [[nodiscard]] std::string read(std::string_view path) const;
  void program(std::string_view path) const { write(path, "#!/bin/false\n", 0755); }

  /// Path → type, mode, owner, content or target of all on the host but /proc and k_state_directory.
  [[nodiscard]] std::map<std::string, std::string> tree() const;

  Result<RunResult> apply(const Plan& plan) const;
  Status undo() const;
  Status undo_and_remove() const;
  [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }

private:
  [[nodiscard]] RunOptions options() const;
  std::filesystem::path folder_;
  std::shared_ptr<FakeSystem> system_;
  std::unique_ptr<host::Host> host_;
  mutable std::vector<std::string> warnings_;
};

/// A plan of one step.
template <class... Steps>
Plan plan_of(Steps... steps) {
  Plan plan;
  (plan.push_back(std::move(steps)), ...);
  return plan;
}

/// Where fsync costs nothing, for tests with hundreds of runs.
[[nodiscard]] std::filesystem::path fast_folder();

}  // namespace kubeferry::steps

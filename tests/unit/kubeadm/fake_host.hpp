// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <kubeferry/host/host.hpp>

namespace kubeferry::kubeadm {

/// Answers for kubeadm, and notes what it was asked.
class FakeRunner final : public host::Runner {
public:
  ProcessOutput answer;
  std::vector<Command> commands;
  std::string config;      ///< what the file named by --config held
  mode_t config_mode = 0;  ///< and who could read it
  mode_t folder_mode = 0;
  std::filesystem::path root;

  Result<ProcessOutput> run(const Command& command) override {
    commands.push_back(command);
    for (std::size_t i = 0; i + 1 < command.argv.size(); ++i) {
      if (command.argv[i] == "--config") {
        look_at(root / std::filesystem::path(command.argv[i + 1]).relative_path());
      }
    }
    if (command.on_output) {
      command.on_output(answer.out);
    }
    return answer;
  }

private:
  void look_at(const std::filesystem::path& path) {
    std::ifstream file(path);
    std::stringstream text;
    text << file.rdbuf();
    config = text.str();
    struct stat facts {};
    if (::stat(path.c_str(), &facts) == 0) {
      config_mode = facts.st_mode & 07777U;
    }
    if (::stat(path.parent_path().c_str(), &facts) == 0) {
      folder_mode = facts.st_mode & 07777U;
    }
  }
};

/// A host below a temporary folder, with an empty /run.
class FakeHost {
public:
  FakeHost() : root_(make_root()), runner_(std::make_shared<FakeRunner>()), host_(root_, runner_) {
    runner_->root = root_;
    std::filesystem::create_directories(root_ / "run");
  }
  FakeHost(const FakeHost&) = delete;
  FakeHost& operator=(const FakeHost&) = delete;
  ~FakeHost() { std::filesystem::remove_all(root_); }

  [[nodiscard]] const host::Host& host() const { return host_; }
  [[nodiscard]] FakeRunner& runner() { return *runner_; }
  [[nodiscard]] bool left_nothing() const { return std::filesystem::is_empty(root_ / "run"); }

private:
  static std::filesystem::path make_root() {
    std::string name = (std::filesystem::temp_directory_path() / "kubeferry-kubeadm-XXXXXX").native();
    if (::mkdtemp(name.data()) == nullptr) {
      std::abort();
    }
    return name;
  }

  std::filesystem::path root_;
  std::shared_ptr<FakeRunner> runner_;
  host::Host host_;
};

}  // namespace kubeferry::kubeadm

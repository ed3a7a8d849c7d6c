// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <unistd.h>

#include <kubeferry/host/host.hpp>

namespace kubeferry::node {

/// A host below a temporary folder whose programs are one function.
class FakeHost {
public:
  using Answer = std::function<ProcessOutput(const Command&)>;

  explicit FakeHost(Answer answer = [](const Command&) { return ProcessOutput{}; })
      : runner_(std::make_shared<Programs>(std::move(answer))), host_(make_root(), runner_) {}
  FakeHost(const FakeHost&) = delete;
  FakeHost& operator=(const FakeHost&) = delete;
  ~FakeHost() { std::filesystem::remove_all(host_.root()); }

  [[nodiscard]] const host::Host& host() const { return host_; }
  [[nodiscard]] const std::vector<std::string>& ran() const { return runner_->ran; }

  void write(const std::string& path, const std::string& text, bool program = false) const {
    const auto file = host_.at(path);
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
    std::filesystem::permissions(file, std::filesystem::perms(program ? 0755 : 0644));
  }

private:
  struct Programs final : host::Runner {
    explicit Programs(Answer function) : answer(std::move(function)) {}
    Result<ProcessOutput> run(const Command& command) override {
      std::string line;
      for (const auto& word : command.argv) {
        line += (line.empty() ? "" : " ") + word;
      }
      ran.push_back(line);
      return answer(command);
    }
    Answer answer;
    std::vector<std::string> ran;
  };

  static std::filesystem::path make_root() {
    std::string name = (std::filesystem::temp_directory_path() / "kubeferry-node-XXXXXX").native();
    return ::mkdtemp(name.data());
  }

  std::shared_ptr<Programs> runner_;
  host::Host host_;
};

}  // namespace kubeferry::node

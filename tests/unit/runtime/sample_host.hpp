// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <kubeferry/host/host.hpp>

namespace kubeferry::runtime {

/// Answers for programs: by the words of a command line, else by what `otherwise` says. Remembers what was asked.
class FakeRunner final : public host::Runner {
public:
  Result<ProcessOutput> run(const Command& command) override;

  std::map<std::string, ProcessOutput> answers;  ///< "/usr/bin/runc --version" →
  std::function<ProcessOutput(const std::string& line)> otherwise;
  std::vector<std::string> asked;
};

/// A host below a directory of its own, which goes with it.
class SampleHost {
public:
  SampleHost();
  ~SampleHost();
  SampleHost(const SampleHost&) = delete;
  SampleHost& operator=(const SampleHost&) = delete;

  void file(const std::string& path, const std::string& text, int mode = 0644) const;
  void program(const std::string& path) const { file(path, "", 0755); }

  std::shared_ptr<FakeRunner> runner = std::make_shared<FakeRunner>();
  host::Host host;
};

}  // namespace kubeferry::runtime

// SPDX-License-Identifier: Apache-2.0
#include "sample_host.hpp"

#include <stdlib.h>
#include <sys/stat.h>

#include <fstream>

namespace kubeferry::runtime {

namespace {

std::filesystem::path new_directory() {
  std::string name = (std::filesystem::temp_directory_path() / "kf-runtime-XXXXXX").native();
  return ::mkdtemp(name.data()) == nullptr ? std::filesystem::path() : std::filesystem::path(name);
}

}  // namespace

Result<ProcessOutput> FakeRunner::run(const Command& command) {
  const std::string line = fmt::format("{}", fmt::join(command.argv, " "));
  asked.push_back(line);
  if (const auto found = answers.find(line); found != answers.end()) {
    return found->second;
  }
  return otherwise ? otherwise(line) : ProcessOutput{.exit_status = 1, .out = {}, .err = "no answer to " + line};
}

SampleHost::SampleHost() : host(new_directory(), runner) {}

SampleHost::~SampleHost() {
  std::error_code ignored;
  std::filesystem::remove_all(host.root(), ignored);
}

void SampleHost::file(const std::string& path, const std::string& text, int mode) const {
  std::filesystem::create_directories(host.at(path).parent_path());
  std::ofstream(host.at(path)) << text;
  ::chmod(host.at(path).c_str(), static_cast<mode_t>(mode));
}

}  // namespace kubeferry::runtime

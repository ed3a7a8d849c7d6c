// SPDX-License-Identifier: Apache-2.0
#include "invoke.hpp"

#include "private_file.hpp"

namespace kubeferry::kubeadm {
namespace {

/// The line that says most in a message of one line: not the heading of a list of errors.
std::string_view most_telling(const std::vector<std::string>& lines) {
  for (const std::string& line : lines) {
    if (!line.ends_with(':')) {
      return line;
    }
  }
  return lines.empty() ? std::string_view("no word of why") : std::string_view(lines.front());
}

}  // namespace

Result<std::string> invoke(const host::Host& host, const Command& command, std::string_view name, ExitCode refused) {
  KF_TRY_ASSIGN(ProcessOutput output, host.run(command));
  if (output.exit_status == 0) {
    return std::move(output.out);
  }
  const std::vector<std::string> lines = explain(output.out + "\n" + output.err);
  Error error = fail(refused, "{} ended with {}: {}", name, output.exit_status, most_telling(lines)).value();
  for (const std::string& line : lines) {
    error.detail.emplace_back("kubeadm", line);
  }
  return Failure(std::move(error));
}

Result<std::string> invoke_with(const host::Host& host, const Program& program, std::vector<std::string> argv,
                                std::string_view config, std::string_view name, ExitCode refused) {
  KF_TRY_ASSIGN(const PrivateFile file, PrivateFile::create(host, program.scratch, config));
  argv.emplace_back("--config");
  argv.push_back(file.path());
  return invoke(host, {.argv = std::move(argv), .timeout = k_quick}, name, refused);
}

}  // namespace kubeferry::kubeadm

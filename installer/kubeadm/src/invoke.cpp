// SPDX-License-Identifier: Apache-2.0
#include "invoke.hpp"

#include <kubeferry/host/complaint.hpp>

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

Result<ProcessOutput> invoke(const host::Host& host, const Command& command, std::string_view name, ExitCode refused) {
  KF_TRY_ASSIGN(ProcessOutput output, host.run(command));
  if (output.exit_status == 0) {
    return output;
  }
  const std::vector<std::string> lines = explain(output.out + "\n" + output.err);
  const std::string_view telling = most_telling(lines);
  Error error =
      fail(host::class_of(telling, refused), "{} ended with {}: {}", name, output.exit_status, telling).value();
  for (const std::string& line : lines) {
    error.detail.emplace_back("kubeadm", line);
  }
  return Failure(std::move(error));
}

Result<ProcessOutput> invoke_with(const host::Host& host, const Program& program, const ConfigCall& call,
                                  std::string_view config) {
  KF_TRY_ASSIGN(const PrivateFile file, PrivateFile::create(host, program.scratch, config));
  Command command{.argv = call.argv, .timeout = k_quick};
  command.argv.emplace_back(call.flag);
  command.argv.push_back(file.path());
  return invoke(host, command, call.name, call.refused);
}

}  // namespace kubeferry::kubeadm

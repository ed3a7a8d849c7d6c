// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>

#include <kubeferry/kubeadm/program.hpp>

#include "invoke.hpp"

namespace kubeferry::kubeadm {
namespace {

constexpr std::uint64_t k_output_limit = std::uint64_t{64} << 20;
constexpr std::uint32_t k_cleanup_minor = 26;

std::vector<std::string> with(std::vector<std::string> argv, const std::vector<std::string>& more) {
  argv.insert(argv.end(), more.begin(), more.end());
  return argv;
}

Status run(const host::Host& host, std::vector<std::string> argv, std::string_view name, const RunOptions& options) {
  const Command command{.argv = std::move(argv),
                        .timeout = options.timeout,
                        .output_limit = k_output_limit,
                        .on_output = options.on_output,
                        .stop = options.stop};
  KF_TRY(invoke(host, command, name));
  return {};
}

}  // namespace

std::vector<std::string> init_arguments(const Program& program, const std::string& config_path,
                                        const std::vector<std::string>& arguments) {
  return with({program.path, "init", "--config", config_path, "--skip-token-print", "--skip-certificate-key-print"},
              arguments);
}

std::vector<std::string> join_arguments(const Program& program, const std::string& config_path,
                                        const std::vector<std::string>& arguments) {
  return with({program.path, "join", "--config", config_path}, arguments);
}

std::vector<std::string> reset_arguments(const Program& program, const ResetInput& input) {
  std::vector<std::string> argv{program.path, "reset", "--force"};
  if (!input.cri_socket.empty()) {
    argv.push_back("--cri-socket=" + input.cri_socket);
  }
  if (!input.certificates_dir.empty()) {
    argv.push_back("--cert-dir=" + input.certificates_dir);
  }
  if (program.version.minor >= k_cleanup_minor) {
    argv.emplace_back("--cleanup-tmp-dir");
  }
  return argv;
}

Status init(const host::Host& host, const Program& program, const std::string& config_path,
            const std::vector<std::string>& arguments, const RunOptions& options) {
  return run(host, init_arguments(program, config_path, arguments), "kubeadm init", options);
}

Status join(const host::Host& host, const Program& program, const std::string& config_path,
            const std::vector<std::string>& arguments, const RunOptions& options) {
  return run(host, join_arguments(program, config_path, arguments), "kubeadm join", options);
}

Status reset(const host::Host& host, const Program& program, const ResetInput& input, const RunOptions& options) {
  return run(host, reset_arguments(program, input), "kubeadm reset", options);
}

Result<Log> Log::open(const host::Host& host, std::string_view path) {
  KF_TRY_ASSIGN(Fd fd, open_file(host.at(path), O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, 0600));
  return Log(std::move(fd));
}

void Log::write(std::string_view piece) {
  // NOLINTNEXTLINE(bugprone-unused-return-value): a log is not worth stopping a cluster that is half made
  static_cast<void>(write_all(fd_.get(), as_byte_view(piece), "log"));
}

}  // namespace kubeferry::kubeadm

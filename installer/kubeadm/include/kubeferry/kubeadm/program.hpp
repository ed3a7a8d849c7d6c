// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/base/fd.hpp>
#include <kubeferry/base/result.hpp>
#include <kubeferry/catalog/version.hpp>
#include <kubeferry/crypto/secret.hpp>
#include <kubeferry/host/host.hpp>

// The kubeadm program. Secrets reach it by files that only root can read, never by its command line or environment.
namespace kubeferry::kubeadm {

/// A kubeadm that can be run.
struct Program {
  std::string path;  ///< on the host, or whatever names a program that is not installed (host::MemoryProgram)
  catalog::KubernetesVersion version;
  std::string scratch = "/run";  ///< an existing directory of the host, for private files that live as long as a call
};

/// Asks the program at `path` for its version. io errors of running it; format error when it prints none.
Result<Program> find_program(const host::Host& host, std::string path);

/// The images that this kubeadm needs for `config` (init's documents), as it prints them; its warnings are not looked
/// at. Checks the configuration on the way: usage error with what kubeadm says when it refuses it.
Result<std::vector<std::string>> images(const host::Host& host, const Program& program, std::string_view config);

/// Has kubeadm read and check `config`, of init or join, without doing anything: `config validate`, and before 1.28
/// `config migrate`. Gives back its warnings of fields that it does not know, which it then leaves out of account: they
/// are typing errors. usage error with what kubeadm says when it refuses it.
Result<std::vector<std::string>> validate(const host::Host& host, const Program& program, std::string_view config);

struct RunOptions {
  std::chrono::seconds timeout = std::chrono::minutes(20);
  std::stop_token stop;
  std::function<void(std::string_view piece)> on_output;  ///< live, for the terminal and the log; may be empty
};

/// `kubeadm init --config CONFIG_PATH` and `kubeadm join --config CONFIG_PATH`, with Documents::arguments; kubeadm does
/// not print tokens or keys. `config_path` is the host's.
///
/// io error "kubeadm init ended with 1: …" when it fails, with a detail "kubeadm" for each line of explain(); io past
/// the time-out; interrupted when stopped, kubeadm with it.
Status init(const host::Host& host, const Program& program, const std::string& config_path,
            const std::vector<std::string>& arguments, const RunOptions& options);
Status join(const host::Host& host, const Program& program, const std::string& config_path,
            const std::vector<std::string>& arguments, const RunOptions& options);

struct ResetInput {
  std::string cri_socket;        ///< empty: kubeadm looks for one
  std::string certificates_dir;  ///< empty: kubeadm's own
};
/// `kubeadm reset --force`, which removes what kubeadm made: manifests, certificates, kubeconfigs, containers, the etcd
/// member. It leaves CNI configuration, iptables rules and users' kubeconfigs. The same errors.
Status reset(const host::Host& host, const Program& program, const ResetInput& input, const RunOptions& options);

/// The command lines of the three, for previews.
[[nodiscard]] std::vector<std::string> init_arguments(const Program& program, const std::string& config_path,
                                                      const std::vector<std::string>& arguments);
[[nodiscard]] std::vector<std::string> join_arguments(const Program& program, const std::string& config_path,
                                                      const std::vector<std::string>& arguments);
[[nodiscard]] std::vector<std::string> reset_arguments(const Program& program, const ResetInput& input);

/// The lines of kubeadm's output that say why it failed, in order, each once, made safe for a terminal, at most 12 of
/// them: failed preflight checks, errors of phases, what it waited for in vain. Without warnings and standing advice.
/// When there are none, the last line that says anything.
[[nodiscard]] std::vector<std::string> explain(std::string_view output);

/// A log that only its owner can read, for RunOptions::on_output: what is written is added at its end. A disk that is
/// full does not stop kubeadm: what cannot be written is lost.
class Log {
public:
  /// Opens or makes the host's `path` (0600). io errors; io when it is a symbolic link.
  static Result<Log> open(const host::Host& host, std::string_view path);
  void write(std::string_view piece);

private:
  explicit Log(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

}  // namespace kubeferry::kubeadm

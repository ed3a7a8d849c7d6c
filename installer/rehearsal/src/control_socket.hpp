// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <kubeferry/base/fd.hpp>
#include <kubeferry/rehearsal/manager.hpp>

namespace kubeferry::rehearsal {

/// Where systemctl asks process 1: a message with the arguments, one with the reply, and it closes.
class ControlSocket {
public:
  /// io errors.
  static Result<ControlSocket> listen(const std::string& path);

  /// To be polled for reading.
  [[nodiscard]] std::vector<int> descriptors() const;
  /// Takes new callers and their requests; replies go out when `manager` answers.
  void serve(Manager& manager);

private:
  explicit ControlSocket(Fd socket) : socket_(std::move(socket)) {}
  Fd socket_;
  std::vector<std::shared_ptr<Fd>> callers_;  ///< that have not asked yet
};

/// The other side: asks the process that listens at `path`. io errors.
Result<Reply> ask_manager(const std::string& path, std::span<const std::string> arguments);

}  // namespace kubeferry::rehearsal

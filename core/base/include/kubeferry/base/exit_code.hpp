// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace kubeferry {

/// What went wrong, as a process exit status. The numbers are part of the interface (docs/exit-codes.md).
enum class ExitCode : int {
  ok = 0,
  usage = 2,              ///< bad flag, bad spec, bad value given by the user
  format = 10,            ///< bytes that are not what the format allows
  signature = 11,         ///< unsigned, wrongly signed, not enough signatures, bad key
  policy = 12,            ///< rollback, expiry, audience, clock
  integrity = 13,         ///< bytes that differ from their digest
  limit = 14,             ///< larger, deeper or more than the documented cap
  network = 20,           ///< DNS, TCP, HTTP
  tls = 21,               ///< certificate or handshake
  auth = 22,              ///< credentials missing, refused or unreadable
  io = 30,                ///< local files and devices
  no_space = 31,          ///< disk, quota or inodes used up
  unsupported_host = 40,  ///< this machine cannot do it
  bug = 70,               ///< our fault
  locked = 75,            ///< another kubeferry holds the lock
  interrupted = 130,      ///< stopped by SIGINT; 143 for SIGTERM is made by main
};

/// The code's stable name in JSON output, such as "E_INTEGRITY".
[[nodiscard]] std::string_view exit_code_name(ExitCode code) noexcept;

}  // namespace kubeferry

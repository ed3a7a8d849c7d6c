// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/base/result.hpp>

#include <cerrno>
#include <system_error>

namespace kubeferry {

std::string_view exit_code_name(ExitCode code) noexcept {
  switch (code) {
    case ExitCode::ok: return "OK";
    case ExitCode::usage: return "E_USAGE";
    case ExitCode::format: return "E_FORMAT";
    case ExitCode::signature: return "E_SIG";
    case ExitCode::policy: return "E_POLICY";
    case ExitCode::integrity: return "E_INTEGRITY";
    case ExitCode::limit: return "E_LIMIT";
    case ExitCode::network: return "E_NET";
    case ExitCode::tls: return "E_TLS";
    case ExitCode::auth: return "E_AUTH";
    case ExitCode::io: return "E_IO";
    case ExitCode::no_space: return "E_NOSPACE";
    case ExitCode::unsupported_host: return "E_UNSUPPORTED_HOST";
    case ExitCode::bug: return "E_BUG";
    case ExitCode::locked: return "E_LOCKED";
    case ExitCode::interrupted: return "E_INTERRUPTED";
  }
  return "E_BUG";
}

Failure fail_errno(int error_number, std::string_view what) {
  const bool full = error_number == ENOSPC || error_number == EDQUOT;
  Error error{full ? ExitCode::no_space : ExitCode::io,
              fmt::format("{}: {}", what, std::generic_category().message(error_number)),
              {},
              {}};
  if (full) {
    error.hint = "free space (or inodes: df -i) on that file system and run the same command again";
  }
  return Failure(std::move(error));
}

}  // namespace kubeferry

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include <kubeferry/base/result.hpp>

namespace kubeferry {

/// Where the program talks to a person: standard error, one line a message, made safe for a terminal.
/// Answers to commands (tables, JSON) go to standard output and are not this class's business.
class Console {
public:
  enum class Level { quiet, normal, verbose };

  explicit Console(Level level = Level::normal) : level_(level) {}

  [[nodiscard]] Level level() const noexcept { return level_; }
  void info(std::string_view line) const;     ///< not with --quiet
  void detail(std::string_view line) const;   ///< only with --verbose
  void warning(std::string_view line) const;  ///< always; "warning: …"
  /// "kubeferry: MESSAGE" and, when there is one, "  HINT".
  void error(const Error& error) const;

private:
  Level level_;
};

}  // namespace kubeferry

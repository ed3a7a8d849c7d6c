// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/base/console.hpp>

#include <cstdio>

#include <fmt/format.h>

#include <kubeferry/base/text.hpp>

namespace kubeferry {

namespace {

/// One write(2) a line, so that lines of several threads never mix. A bar that Progress may have left is cleared by
/// its next drawing.
void put(const std::string& line) {
  std::fwrite(line.data(), 1, line.size(), stderr);
  std::fflush(stderr);
}

}  // namespace

void Console::info(std::string_view line) const {
  if (level_ != Level::quiet) {
    put(printable(line) + "\n");
  }
}

void Console::detail(std::string_view line) const {
  if (level_ == Level::verbose) {
    put(printable(line) + "\n");
  }
}

void Console::warning(std::string_view line) const { put("warning: " + printable(line) + "\n"); }

void Console::error(const Error& error) const {
  put("kubeferry: " + printable(error.message) + "\n" +
      (error.hint.empty() ? "" : "  " + printable(error.hint) + "\n"));
}

}  // namespace kubeferry

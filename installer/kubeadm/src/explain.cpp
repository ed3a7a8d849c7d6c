// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include <kubeferry/base/text.hpp>
#include <kubeferry/kubeadm/program.hpp>

namespace kubeferry::kubeadm {
namespace {

constexpr std::size_t k_most_lines = 12;

/// Said whatever happened.
constexpr std::array<std::string_view, 7> k_advice = {
    "To see the stack trace",         "If you know what you are doing",       "[WARNING",
    "This error is likely caused by", "Unfortunately, an error has occurred", "--ignore-preflight-errors=...",
    "try to troubleshoot the error"};

constexpr std::array<std::string_view, 18> k_signs = {"[error ",
                                                      "error:",
                                                      "error execution phase",
                                                      "couldn't",
                                                      "could not",
                                                      "cannot",
                                                      "failed",
                                                      "timed out",
                                                      "unable to",
                                                      "deadline exceeded",
                                                      "not healthy",
                                                      "isn't running",
                                                      "invalid value",
                                                      "is required",
                                                      "required value",
                                                      "not found",
                                                      "refused",
                                                      "panic:"};

bool contains_any(std::string_view line, std::span<const std::string_view> parts) {
  return std::ranges::any_of(parts, [&](std::string_view part) { return line.find(part) != std::string_view::npos; });
}

/// A line of klog: "E1121 10:15:00.000000   1234 file.go:12] message".
bool is_klog(std::string_view line, std::string_view levels) {
  return line.size() > 5 && levels.find(line.front()) != std::string_view::npos &&
         line.substr(1, 4).find_first_not_of("0123456789") == std::string_view::npos && line[5] == ' ';
}

bool is_relevant(std::string_view line) {
  if (line.empty() || contains_any(line, k_advice) || is_klog(line, "IW")) {
    return false;
  }
  return is_klog(line, "EF") || contains_any(lower(line), k_signs);
}

}  // namespace

std::vector<std::string> explain(std::string_view output) {
  std::vector<std::string> lines;
  for (const std::string_view piece : split(output, '\n')) {
    const std::string_view line = trim(piece);
    if (is_relevant(line)) {
      std::string safe = printable(line);
      if (std::ranges::find(lines, safe) == lines.end()) {
        lines.push_back(std::move(safe));
      }
    }
  }
  if (lines.size() > k_most_lines) {
    lines.erase(lines.begin(), lines.end() - k_most_lines);
  }
  if (lines.empty()) {
    for (const std::string_view piece : split(output, '\n')) {
      if (!trim(piece).empty() && !contains_any(piece, k_advice)) {
        lines = {printable(trim(piece))};
      }
    }
  }
  return lines;
}

}  // namespace kubeferry::kubeadm

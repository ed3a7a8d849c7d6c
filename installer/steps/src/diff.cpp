// SPDX-License-Identifier: Apache-2.0
#include "diff.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

#include <fmt/format.h>

namespace kubeferry::steps {

namespace {

constexpr std::size_t k_context = 3;
constexpr std::size_t k_most_cells = std::size_t{4} << 20;

using Lines = std::vector<std::string_view>;  // each with its newline, but perhaps the last

struct Edit {
  char sign;  // ' ', '-', '+'
  std::string_view line;
};

Lines lines_of(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const auto length = end == std::string_view::npos ? text.size() : end + 1;
    lines.push_back(text.substr(0, length));
    text.remove_prefix(length);
  }
  return lines;
}

/// By the longest common subsequence, in a table of suffixes.
void compare(const Lines& a, const Lines& b, std::vector<Edit>& edits) {
  const std::size_t width = b.size() + 1;
  const bool small = (a.size() + 1) * width <= k_most_cells;
  std::vector<std::uint32_t> longest(small ? (a.size() + 1) * width : 0);
  for (std::size_t i = small ? a.size() : 0; i-- > 0;) {
    for (std::size_t j = b.size(); j-- > 0;) {
      longest[i * width + j] = a[i] == b[j] ? longest[(i + 1) * width + j + 1] + 1
                                            : std::max(longest[(i + 1) * width + j], longest[i * width + j + 1]);
    }
  }
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < a.size() || j < b.size()) {
    if (small && i < a.size() && j < b.size() && a[i] == b[j]) {
      edits.push_back({' ', a[i++]});
      ++j;
    } else if (i < a.size() &&
               (j == b.size() || !small || longest[(i + 1) * width + j] >= longest[i * width + j + 1])) {
      edits.push_back({'-', a[i++]});
    } else {
      edits.push_back({'+', b[j++]});
    }
  }
}

std::vector<Edit> edits_between(const Lines& a, const Lines& b) {
  std::vector<Edit> edits;
  const auto differ = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  const auto head = static_cast<std::size_t>(differ.first - a.begin());
  std::size_t tail = 0;
  while (tail < std::min(a.size(), b.size()) - head && a[a.size() - 1 - tail] == b[b.size() - 1 - tail]) {
    ++tail;
  }
  const auto middle = [&](const Lines& lines) {
    return Lines(lines.begin() + static_cast<std::ptrdiff_t>(head), lines.end() - static_cast<std::ptrdiff_t>(tail));
  };
  for (std::size_t n = 0; n < head; ++n) {
    edits.push_back({' ', a[n]});
  }
  compare(middle(a), middle(b), edits);
  for (std::size_t n = a.size() - tail; n < a.size(); ++n) {
    edits.push_back({' ', a[n]});
  }
  return edits;
}

std::string range(std::size_t first, std::size_t count) {
  return count == 1 ? fmt::format("{}", first + 1) : fmt::format("{},{}", count == 0 ? first : first + 1, count);
}

/// Appends the edits from `begin` to before `end`; `old_line` and `new_line` count the lines before them.
void append_hunk(std::string& out, const std::vector<Edit>& edits, std::size_t begin, std::size_t end,
                 std::size_t old_line, std::size_t new_line) {
  std::size_t old_count = 0;
  std::size_t new_count = 0;
  std::string body;
  for (std::size_t n = begin; n < end; ++n) {
    old_count += edits[n].sign != '+' ? 1U : 0U;
    new_count += edits[n].sign != '-' ? 1U : 0U;
    body += edits[n].sign;
    body += edits[n].line;
    body += edits[n].line.ends_with('\n') ? "" : "\n\\ No newline at end of file\n";
  }
  out += fmt::format("@@ -{} +{} @@\n{}", range(old_line, old_count), range(new_line, new_count), body);
}

/// Where the hunk that starts with the change at `change` ends: before a run of more than twice the context.
std::size_t end_of_hunk(const std::vector<Edit>& edits, std::size_t change) {
  std::size_t end = change + 1;
  for (std::size_t n = change; n < edits.size() && n <= end + 2 * k_context; ++n) {
    if (edits[n].sign != ' ') {
      end = n + 1;
    }
  }
  return std::min(edits.size(), end + k_context);
}

}  // namespace

std::string unified_diff(std::string_view before, std::string_view after, std::string_view before_name,
                         std::string_view after_name) {
  if (before == after) {
    return {};
  }
  if (before.find('\0') != std::string_view::npos || after.find('\0') != std::string_view::npos) {
    return "Binary content differs\n";
  }
  std::string out = fmt::format("--- {}\n+++ {}\n", before_name, after_name);
  const std::vector<Edit> edits = edits_between(lines_of(before), lines_of(after));
  std::size_t old_line = 0;
  std::size_t new_line = 0;
  std::size_t counted = 0;
  const auto count_to = [&](std::size_t position) {
    for (; counted < position; ++counted) {
      old_line += edits[counted].sign != '+' ? 1U : 0U;
      new_line += edits[counted].sign != '-' ? 1U : 0U;
    }
  };
  for (std::size_t n = 0; n < edits.size(); ++n) {
    if (edits[n].sign == ' ') {
      continue;
    }
    const std::size_t begin = std::max(n - std::min(n, k_context), counted);
    const std::size_t end = end_of_hunk(edits, n);
    count_to(begin);
    append_hunk(out, edits, begin, end, old_line, new_line);
    count_to(end);
    n = end - 1;
  }
  return out;
}

}  // namespace kubeferry::steps

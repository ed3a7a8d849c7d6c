// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/net/header_values.hpp>

#include <algorithm>
#include <array>
#include <limits>

namespace kubeferry::net {
namespace {

constexpr std::size_t k_most_challenges = 16;
constexpr std::size_t k_most_parameters = 32;

bool is_token_character(char c) {
  constexpr std::string_view others = "!#$%&'*+-.^_`|~";
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         others.find(c) != std::string_view::npos;
}

/// Reads a header value from the left.
class Scanner {
public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  void skip_blanks() {
    while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\t')) {
      rest_.remove_prefix(1);
    }
  }
  void skip_commas() {
    skip_blanks();
    while (take(',')) {
      skip_blanks();
    }
  }
  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) {
      return false;
    }
    rest_.remove_prefix(1);
    return true;
  }
  std::string_view token() {
    const auto end = std::ranges::find_if_not(rest_, is_token_character);
    return cut(static_cast<std::size_t>(end - rest_.begin()));
  }
  /// A quoted string (the opening quote is next) without its quotes and escapes; nothing when it does not end.
  std::optional<std::string> quoted() {
    rest_.remove_prefix(1);
    std::string value;
    while (!rest_.empty()) {
      const char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '"') {
        return value;
      }
      if (c == '\\' && !rest_.empty()) {
        value.push_back(rest_.front());
        rest_.remove_prefix(1);
      } else {
        value.push_back(c);
      }
    }
    return std::nullopt;
  }
  /// A parameter's value: quoted, or everything up to a separator (registries send URLs unquoted, too).
  std::optional<std::string> value(std::string_view separators) {
    if (!rest_.empty() && rest_.front() == '"') {
      return quoted();
    }
    return std::string(cut(std::min(rest_.find_first_of(separators), rest_.size())));
  }
  std::optional<std::string_view> up_to(char c) {
    const auto end = rest_.find(c);
    if (end == std::string_view::npos) {
      return std::nullopt;
    }
    const auto found = cut(end);
    rest_.remove_prefix(1);
    return found;
  }
  [[nodiscard]] std::string_view rest() const { return rest_; }
  void reset(std::string_view rest) { rest_ = rest; }

private:
  std::string_view cut(std::size_t count) {
    const auto head = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return head;
  }
  std::string_view rest_;
};

// "name = value" with optional blanks; leaves the scanner alone when it is not one (then it is the next scheme).
std::optional<std::pair<std::string, std::string>> parameter(Scanner& scanner) {
  const auto before = scanner.rest();
  const auto name = scanner.token();
  scanner.skip_blanks();
  if (!name.empty() && scanner.take('=')) {
    scanner.skip_blanks();
    if (auto value = scanner.value(", \t")) {
      return std::pair{lower(name), std::move(*value)};
    }
  }
  scanner.reset(before);
  return std::nullopt;
}

std::optional<unsigned> two_digits(std::string_view text) {
  const auto number = text.size() == 2 ? parse_decimal(text) : std::nullopt;
  return number ? std::optional(static_cast<unsigned>(*number)) : std::nullopt;
}

// "Sun, 06 Nov 1994 08:49:37 GMT"; the two obsolete forms are not worth their code.
std::optional<TimePoint> parse_http_date(std::string_view text) {
  constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  if (text.size() != 29 || text.substr(3, 2) != ", " || text[7] != ' ' || text[11] != ' ' || text[16] != ' ' ||
      text[19] != ':' || text[22] != ':' || text.substr(25) != " GMT") {
    return std::nullopt;
  }
  const auto day = two_digits(text.substr(5, 2));
  const auto* month = std::ranges::find(months, text.substr(8, 3));
  const auto year = parse_decimal(text.substr(12, 4));
  const auto hour = two_digits(text.substr(17, 2));
  const auto minute = two_digits(text.substr(20, 2));
  const auto second = two_digits(text.substr(23, 2));
  if (!day || month == months.end() || !year || !hour || !minute || !second || *hour > 23 || *minute > 59 ||
      *second > 60) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date(std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(static_cast<unsigned>(month - months.begin()) + 1),
                                         std::chrono::day(*day));
  if (!date.ok()) {
    return std::nullopt;
  }
  return std::chrono::sys_days(date) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
         std::chrono::seconds(*second);
}

}  // namespace

std::optional<std::string_view> Challenge::find(std::string_view name) const {
  for (const auto& [key, value] : parameters) {
    if (key == name) {
      return value;
    }
  }
  return std::nullopt;
}

std::vector<Challenge> parse_challenges(std::string_view value) {
  std::vector<Challenge> challenges;
  Scanner scanner(value);
  for (scanner.skip_commas(); !scanner.at_end() && challenges.size() < k_most_challenges; scanner.skip_commas()) {
    const auto scheme = scanner.token();
    if (scheme.empty() || (!scanner.at_end() && scanner.rest().front() != ' ' && scanner.rest().front() != ',')) {
      break;
    }
    Challenge challenge{lower(scheme), {}};
    for (scanner.skip_commas(); !scanner.at_end() && challenge.parameters.size() < k_most_parameters;
         scanner.skip_commas()) {
      auto found = parameter(scanner);
      if (!found) {
        break;
      }
      challenge.parameters.push_back(std::move(*found));
    }
    challenges.push_back(std::move(challenge));
  }
  return challenges;
}

std::optional<std::uint64_t> parse_decimal(std::string_view text) {
  if (text.empty()) {
    return std::nullopt;
  }
  std::uint64_t number = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') {
      return std::nullopt;
    }
    const auto shifted = checked_multiply<std::uint64_t>(number, 10);
    const auto sum = shifted ? checked_add<std::uint64_t>(*shifted, static_cast<std::uint64_t>(c - '0')) : std::nullopt;
    if (!sum) {
      return std::nullopt;
    }
    number = *sum;
  }
  return number;
}

std::optional<ContentRange> parse_content_range(std::string_view value) {
  value = trim(value);
  if (value.size() < 6 || !equals_ignoring_case(value.substr(0, 5), "bytes") || value[5] != ' ') {
    return std::nullopt;
  }
  value = trim(value.substr(6));
  const auto dash = value.find('-');
  const auto slash = value.find('/');
  if (dash == std::string_view::npos || slash == std::string_view::npos || dash > slash) {
    return std::nullopt;
  }
  const auto first = parse_decimal(value.substr(0, dash));
  const auto last = parse_decimal(value.substr(dash + 1, slash - dash - 1));
  if (!first || !last || *last < *first) {
    return std::nullopt;
  }
  ContentRange range{*first, *last, std::nullopt};
  if (const auto size = value.substr(slash + 1); size != "*") {
    range.size = parse_decimal(size);
    if (!range.size || *last >= *range.size) {
      return std::nullopt;
    }
  }
  return range;
}

std::optional<std::chrono::seconds> parse_retry_after(std::string_view value, TimePoint now) {
  value = trim(value);
  constexpr auto most = std::numeric_limits<std::int32_t>::max();
  if (!value.empty() && std::ranges::all_of(value, [](char c) { return c >= '0' && c <= '9'; })) {
    const auto number = parse_decimal(value).value_or(most);
    return std::chrono::seconds(static_cast<std::int64_t>(std::min<std::uint64_t>(number, most)));
  }
  const auto date = parse_http_date(value);
  if (!date) {
    return std::nullopt;
  }
  return std::clamp(*date - now, std::chrono::seconds(0), std::chrono::seconds(most));
}

std::optional<std::string> next_link(std::string_view value) {
  Scanner scanner(value);
  for (scanner.skip_commas(); !scanner.at_end(); scanner.skip_commas()) {
    if (!scanner.take('<')) {
      return std::nullopt;
    }
    const auto target = scanner.up_to('>');
    if (!target) {
      return std::nullopt;
    }
    for (scanner.skip_blanks(); scanner.take(';'); scanner.skip_blanks()) {
      scanner.skip_blanks();
      const auto name = scanner.token();
      scanner.skip_blanks();
      if (!scanner.take('=')) {
        continue;
      }
      scanner.skip_blanks();
      const auto relation = scanner.value(",; \t");
      if (!relation) {
        return std::nullopt;
      }
      if (equals_ignoring_case(name, "rel") && equals_ignoring_case(*relation, "next")) {
        return std::string(*target);
      }
    }
    if (!scanner.at_end() && scanner.rest().front() != ',') {
      return std::nullopt;
    }
  }
  return std::nullopt;
}

bool is_safe_header_value(std::string_view value) {
  return std::ranges::all_of(value, [](char c) { return c >= ' ' && c < 0x7f; });
}

}  // namespace kubeferry::net

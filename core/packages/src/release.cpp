// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/packages/release.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include "stanza.hpp"

namespace kubeferry::packages {

namespace {

constexpr std::array<std::string_view, 12> k_months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> k_days = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

std::vector<std::string_view> words(std::string_view text, std::string_view separators = " \t") {
  std::vector<std::string_view> out;
  while (true) {
    const auto start = text.find_first_not_of(separators);
    if (start == std::string_view::npos) {
      return out;
    }
    text.remove_prefix(start);
    const auto end = std::min(text.find_first_of(separators), text.size());
    out.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

template <class T>
bool to_number(std::string_view text, T& out) {
  const auto read = std::from_chars(text.data(), text.data() + text.size(), out);
  return !text.empty() && read.ec == std::errc{} && read.ptr == text.data() + text.size();
}

/// The lines " DIGEST SIZE PATH" below "SHA256:".
Status read_files(std::string_view text, std::string_view what, Release& release) {
  bool inside = false;
  for (const std::string_view line : split(text, '\n')) {
    if (!line.starts_with(' ')) {
      inside = equals_ignoring_case(trim(line), "SHA256:");
      continue;
    }
    if (!inside) {
      continue;
    }
    const auto parts = words(line);
    ListedFile file;
    auto digest = parts.size() == 3 ? crypto::Digest::parse(fmt::format("sha256:{}", parts[0]))
                                    : Result<crypto::Digest>(fail(ExitCode::format, "short"));
    if (!digest || !to_number(parts[1], file.size)) {
      return fail(ExitCode::format, "{}: \"{}\" is no line of SHA256", what, printable(line.substr(0, 200)));
    }
    file.digest = *digest;
    file.path = parts[2];
    release.files.emplace(file.path, std::move(file));
  }
  return {};
}

}  // namespace

Result<TimePoint> parse_release_time(std::string_view text) {
  using namespace std::chrono;
  const auto wrong = [&] { return fail(ExitCode::format, "\"{}\" is no time", printable(text.substr(0, 100))); };
  const auto parts = words(text, " ,:");
  if (parts.size() != 8 || (parts[7] != "UTC" && parts[7] != "GMT" && parts[7] != "+0000")) {
    return wrong();
  }
  unsigned day_of_month = 0;
  int of_year = 0;
  std::array<unsigned, 3> clock{};
  const auto* const of_months = std::ranges::find(k_months, parts[2]);
  if (!to_number(parts[1], day_of_month) || of_months == k_months.end() || !to_number(parts[3], of_year)) {
    return wrong();
  }
  for (std::size_t n = 0; n < clock.size(); ++n) {
    if (!to_number(parts[4 + n], clock[n])) {
      return wrong();
    }
  }
  const year_month_day date(year(of_year), month(static_cast<unsigned>(of_months - k_months.begin()) + 1),
                            day(day_of_month));
  if (!date.ok() || of_year < 1970 || clock[0] > 23 || clock[1] > 59 || clock[2] > 60) {
    return wrong();
  }
  return TimePoint(sys_days(date)) + hours(clock[0]) + minutes(clock[1]) + seconds(clock[2]);
}

std::string to_release_time(TimePoint time) {
  using namespace std::chrono;
  const auto date = floor<days>(time);
  const year_month_day parts(date);
  const hh_mm_ss clock(time - date);
  return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} UTC", k_days[weekday(date).c_encoding()],
                     static_cast<unsigned>(parts.day()), k_months[static_cast<unsigned>(parts.month()) - 1],
                     static_cast<int>(parts.year()), clock.hours().count(), clock.minutes().count(),
                     clock.seconds().count());
}

Result<Release> parse_release(std::string_view text, std::string_view what) {
  const Stanza fields{text};
  Release release;
  release.suite = fields.field("Suite");
  release.codename = fields.field("Codename");
  for (const std::string_view name : words(fields.field("Architectures"))) {
    release.architectures.emplace_back(name);
  }
  release.by_hash = fields.field("Acquire-By-Hash") == "yes";
  if (const std::string_view until = fields.field("Valid-Until"); !until.empty()) {
    auto time = parse_release_time(until);
    if (!time) {
      return Failure(std::move(time.error()).prefixed(fmt::format("{}: Valid-Until", what)));
    }
    release.valid_until = *time;
  }
  KF_TRY(read_files(text, what, release));
  if (release.files.empty()) {
    return fail(ExitCode::format, "{}: lists no files with SHA-256", what);
  }
  return release;
}

Status check_release(const Release& release, std::string_view suite, std::optional<TimePoint> now,
                     std::string_view what) {
  const bool named = !release.suite.empty() || !release.codename.empty();
  if (named && release.suite != suite && release.codename != suite) {
    return Failure(Error{ExitCode::policy,
                         fmt::format("{}: is the signed metadata of {}, not of {}", what,
                                     printable(release.codename.empty() ? release.suite : release.codename), suite),
                         "the mirror mixes its suites up, or somebody does: use another one",
                         {}});
  }
  if (now && release.valid_until && *release.valid_until < *now) {
    return Failure(
        Error{ExitCode::policy,
              fmt::format("{}: was valid until {}", what, to_rfc3339(*release.valid_until)),
              "the mirror is not up to date, or this machine's clock is wrong; `checkValidUntil: false` beside "
              "its url takes it all the same",
              {}});
  }
  return {};
}

const ListedFile* find_index(const Release& release, const std::string& path) {
  for (const std::string_view ending : {".xz", ".gz", ""}) {
    if (const auto found = release.files.find(path + std::string(ending)); found != release.files.end()) {
      return &found->second;
    }
  }
  return nullptr;
}

}  // namespace kubeferry::packages

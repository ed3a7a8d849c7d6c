// SPDX-License-Identifier: Apache-2.0
#include <sys/timex.h>
#include <unistd.h>

#include <charconv>
#include <chrono>

#include <kubeferry/base/workers.hpp>

#include "readers.hpp"

namespace kubeferry::preflight {

namespace {

std::optional<bool> clock_synchronised() {
  timex state{};
  const int answer = ::adjtimex(&state);
  if (answer < 0) {
    return std::nullopt;
  }
  return answer != TIME_ERROR && (state.status & STA_UNSYNC) == 0;
}

std::uint64_t memory_bytes(const host::Host& host) {
  for (const auto& line : lines_of_words(host, "/proc/meminfo")) {
    if (line.size() > 1 && line[0] == "MemTotal:") {
      std::uint64_t kibibytes = 0;
      std::from_chars(line[1].data(), line[1].data() + line[1].size(), kibibytes);
      return kibibytes * 1024;
    }
  }
  return 0;
}

std::vector<std::string> read_swaps(const host::Host& host) {
  std::vector<std::string> swaps;
  for (const auto& line : lines_of_words(host, "/proc/swaps")) {
    if (line[0] != "Filename") {
      swaps.push_back(line[0]);
    }
  }
  return swaps;
}

}  // namespace

std::vector<std::string> words(std::string_view line) {
  std::vector<std::string> found;
  std::size_t at = 0;
  while ((at = line.find_first_not_of(" \t", at)) != std::string_view::npos) {
    const auto end = std::min(line.find_first_of(" \t", at), line.size());
    found.emplace_back(line.substr(at, end - at));
    at = end;
  }
  return found;
}

std::vector<std::vector<std::string>> lines_of_words(const host::Host& host, std::string_view path) {
  std::vector<std::vector<std::string>> lines;
  const std::string text = host.text(path).value_or("");
  for (const auto line : split(text, '\n')) {
    if (auto found = words(trim(line)); !found.empty()) {
      lines.push_back(std::move(found));
    }
  }
  return lines;
}

std::string output(const host::Host& host, std::vector<std::string> argv) {
  Command command{.argv = std::move(argv), .timeout = std::chrono::seconds(5)};
  auto ended = host.run(command);
  return ended ? std::move(ended->out) : std::string();
}

Facts read_facts(const host::Host& host) {
  const auto mounts = read_mounts(host);
  Facts facts;
  facts.now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  facts.clock_synchronised = clock_synchronised();
  facts.root = ::geteuid() == 0;
  facts.processors = usable_processors();
  facts.memory = memory_bytes(host);
  facts.swaps = read_swaps(host);
  facts.kernel = read_kernel(host);
  facts.cgroups = read_cgroups(host, mounts);
  facts.network = read_network(host);
  facts.resolver = read_resolver(host);
  facts.places = read_places(host, mounts);
  facts.identity = read_identity(host);
  facts.software = read_software(host);
  facts.security = read_security(host, facts.software);
  return facts;
}

}  // namespace kubeferry::preflight

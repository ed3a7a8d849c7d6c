// SPDX-License-Identifier: Apache-2.0
// What a distribution's mirror publishes: a Release file, a Debian list or an RPM one. With `unsigned: true` in a spec
// nobody vouches for it, and libsolv, which is C, reads what we hand on.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <kubeferry/packages/closure.hpp>
#include <kubeferry/packages/release.hpp>

#include "require.hpp"

namespace {

using kubeferry::ExitCode;
using kubeferry::fuzz::require;

void check_release_file(std::string_view text) {
  const auto release = kubeferry::packages::parse_release(text, "fuzz/Release");
  if (!release) {
    require(release.error().code == ExitCode::format, "a bad Release file is a format error");
    return;
  }
  for (const auto& [path, file] : release->files) {
    require(!path.empty() && path == file.path, "a file is listed under its own name");
  }
  if (release->valid_until) {
    const auto again =
        kubeferry::packages::parse_release_time(kubeferry::packages::to_release_time(*release->valid_until));
    require(again && *again == *release->valid_until, "times read back");
  }
  static_cast<void>(kubeferry::packages::check_release(*release, "bookworm", std::nullopt, "fuzz/Release"));
  static_cast<void>(kubeferry::packages::find_index(*release, "main/binary-amd64/Packages"));
}

void check_list(kubeferry::packages::Format format, const char* architecture, std::string_view text) {
  kubeferry::packages::ClosureRequest request;
  request.format = format;
  request.architecture = architecture;
  request.indexes = {{"fuzz", text}};
  request.names = {"tool", "nowhere"};
  const auto closure = kubeferry::packages::closure_of(request);
  if (!closure) {
    require(closure.error().code == ExitCode::format || closure.error().code == ExitCode::usage,
            "a bad list is a format error, one that cannot be solved a usage error");
    return;
  }
  require(closure->packages.empty() || std::ranges::count(closure->unknown, "tool") == 0,
          "nothing is carried for names that are not known");
  for (const auto& package : closure->packages) {
    const std::string_view entry = package.entry;
    require(text.find(entry.substr(0, entry.size() - 1)) != std::string_view::npos, "an entry is what upstream wrote");
    require(!package.name.empty() && !package.version.empty(), "a package has a name and a version");
    require(package.location.front() != '/' && ("/" + package.location + "/").find("/../") == std::string::npos &&
                package.location.find_first_of("\\?# \n") == std::string::npos,
            "a location stays in the repository");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_release_file(text);
  check_list(kubeferry::packages::Format::deb, "armhf", text);
  check_list(kubeferry::packages::Format::rpm, "aarch64", text);
  return 0;
}

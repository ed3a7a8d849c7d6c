// SPDX-License-Identifier: Apache-2.0
#include <charconv>

#include <kubeferry/base/text.hpp>

#include "entries.hpp"
#include "primary.hpp"

namespace kubeferry::packages {

namespace {

/// "[epoch:]version-release", as libsolv writes it: without an epoch of 0.
std::string evr_of(std::string_view element) {
  const std::string_view version = child(element, "version");
  const std::string epoch = attribute(version, "epoch");
  return fmt::format("{}{}-{}", epoch.empty() || epoch == "0" ? "" : epoch + ":", attribute(version, "ver"),
                     attribute(version, "rel"));
}

Result<Package> package_of(std::string_view element, const Chosen& chosen, std::string_view index) {
  const auto lacks = [&](std::string_view what) {
    return fail(ExitCode::format, "{}: {} {} has no usable {}", index, printable(chosen.name),
                printable(chosen.version), what);
  };
  Package package{.name = chosen.name,
                  .version = chosen.version,
                  .architecture = chosen.architecture,
                  .location = attribute(child(element, "location"), "href"),
                  .index = chosen.index,
                  .entry = std::string(element)};
  if (package.version.empty()) {
    return lacks("version");
  }
  if (!attribute(child(element, "location"), "xml:base").empty() || !check_location(package.location)) {
    return lacks("location");
  }
  const std::string_view checksum = child(element, "checksum");
  auto digest = crypto::Digest::parse(fmt::format("sha256:{}", content(checksum)));
  if (attribute(checksum, "type") != "sha256" || !digest) {
    return lacks("SHA-256");
  }
  package.digest = *digest;
  const std::string size = attribute(child(element, "size"), "package");
  const auto read = std::from_chars(size.data(), size.data() + size.size(), package.size);
  if (read.ec != std::errc{} || read.ptr != size.data() + size.size() || package.size == 0) {
    return lacks("size");
  }
  return package;
}

}  // namespace

Result<std::vector<Package>> rpm_entries(const ClosureRequest& request, const std::set<Chosen>& chosen) {
  std::vector<Package> packages;
  std::set<Chosen> found;
  for (std::size_t n = 0; n < request.indexes.size(); ++n) {
    KF_TRY(for_each_package(request.indexes[n].text, request.indexes[n].name, [&](std::string_view element) -> Status {
      Chosen key{n, content(child(element, "name")), {}, content(child(element, "arch"))};
      key.version = evr_of(element);
      if (!chosen.contains(key) || !found.insert(key).second) {
        return {};
      }
      KF_TRY_ASSIGN(packages.emplace_back(), package_of(element, key, request.indexes[n].name));
      return {};
    }));
  }
  return packages;
}

}  // namespace kubeferry::packages

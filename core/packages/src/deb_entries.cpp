// SPDX-License-Identifier: Apache-2.0
#include <charconv>

#include <kubeferry/base/text.hpp>

#include "entries.hpp"
#include "stanza.hpp"

namespace kubeferry::packages {

namespace {

Result<Package> package_of(const Stanza& stanza, const Chosen& chosen, std::string_view index) {
  const auto lacks = [&](std::string_view what) {
    return fail(ExitCode::format, "{}: {} {} has no usable {}", index, printable(chosen.name),
                printable(chosen.version), what);
  };
  Package package{.name = chosen.name,
                  .version = chosen.version,
                  .architecture = chosen.architecture,
                  .location = std::string(stanza.field("Filename")),
                  .index = chosen.index,
                  .entry = std::string(stanza.text)};
  if (package.version.empty()) {
    return lacks("Version");
  }
  // Flat repositories write "./".
  if (package.location.starts_with("./")) {
    package.location.erase(0, 2);
  }
  if (!check_location(package.location)) {
    return lacks("Filename");
  }
  auto digest = crypto::Digest::parse(fmt::format("sha256:{}", stanza.field("SHA256")));
  if (!digest) {
    return lacks("SHA256");
  }
  package.digest = *digest;
  const std::string_view size = stanza.field("Size");
  const auto read = std::from_chars(size.data(), size.data() + size.size(), package.size);
  if (read.ec != std::errc{} || read.ptr != size.data() + size.size() || package.size == 0) {
    return lacks("Size");
  }
  if (!package.entry.ends_with('\n')) {
    package.entry += '\n';
  }
  return package;
}

}  // namespace

Result<std::vector<Package>> deb_entries(const ClosureRequest& request, const std::set<Chosen>& chosen) {
  std::vector<Package> packages;
  std::set<Chosen> found;
  for (std::size_t n = 0; n < request.indexes.size(); ++n) {
    KF_TRY(for_each_stanza(request.indexes[n].text, [&](const Stanza& stanza) -> Status {
      const Chosen key{n, std::string(stanza.field("Package")), std::string(stanza.field("Version")),
                       std::string(stanza.field("Architecture"))};
      // Twice the same in one index is what some third parties publish: the first one stands.
      if (!chosen.contains(key) || !found.insert(key).second) {
        return {};
      }
      KF_TRY_ASSIGN(packages.emplace_back(), package_of(stanza, key, request.indexes[n].name));
      return {};
    }));
  }
  return packages;
}

Result<std::set<std::string>> base_names(const ClosureRequest& request) {
  std::set<std::string> names;
  if (request.format == Format::deb) {
    for (const Index& index : request.indexes) {
      KF_TRY(for_each_stanza(index.text, [&](const Stanza& stanza) -> Status {
        if (stanza.field("Essential") == "yes" || stanza.field("Priority") == "required") {
          names.emplace(stanza.field("Package"));
        }
        return {};
      }));
    }
  }
  return names;
}

}  // namespace kubeferry::packages

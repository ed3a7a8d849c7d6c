// SPDX-License-Identifier: Apache-2.0
#include "spec_packages.hpp"

#include <algorithm>

#include "distribution_load.hpp"
#include "spec_fields.hpp"

namespace kubeferry::catalog {

namespace {

/// "opensuse-leap-15.6": the version is what follows the last "-".
Result<PackagesSpec> read_short(const YamlReader& reader) {
  KF_TRY_ASSIGN(const std::string text, reader.text());
  KF_TRY(reader.here(check_name(text)));
  const auto dash = text.rfind('-');
  if (dash == std::string::npos || dash == 0 || dash + 1 == text.size()) {
    return reader.wrong(fmt::format("\"{}\" must be a distribution and its version", text),
                        "write debian-12: ID and VERSION_ID of the nodes' /etc/os-release");
  }
  PackagesSpec packages;
  packages.distribution = text.substr(0, dash);
  packages.version = text.substr(dash + 1);
  return packages;
}

Status read_sources(const YamlReader& reader, const SpecContext& context, PackagesSpec& packages) {
  KF_TRY_ASSIGN(const auto rows, reader.elements());
  for (const YamlReader& row : rows) {
    const PackageFormat format = row.optional_member("suites") ? PackageFormat::deb : PackageFormat::rpm;
    if (packages.format && *packages.format != format) {
      return row.wrong("is of another kind than the repository before it",
                       "suites make a Debian repository; a distribution has one kind");
    }
    packages.format = format;
    KF_TRY_ASSIGN(PackageSource source, read_package_source(row, format));
    // A name is looked for where keyrings are; a path is relative to the spec like every other.
    if (source.keyring.find('/') != std::string::npos) {
      KF_TRY_ASSIGN(source.keyring, row.here(resolve_path(source.keyring, context.file)));
    }
    packages.sources.push_back(std::move(source));
  }
  return packages.sources.empty() ? Status(reader.wrong("must not be empty")) : Status();
}

Result<PackagesSpec> read_one(const YamlReader& reader, const SpecContext& context) {
  if (reader.is_scalar()) {
    return read_short(reader);
  }
  KF_TRY(reader.only({"distribution", "version", "install", "also", "repositories"}));
  PackagesSpec packages;
  for (const auto& [key, target] :
       {std::pair{"distribution", &packages.distribution}, std::pair{"version", &packages.version}}) {
    KF_TRY_ASSIGN(const YamlReader member, reader.member(key));
    KF_TRY_ASSIGN(*target, member.text());
    KF_TRY(member.here(check_name(*target)));
  }
  if (const auto install = reader.optional_member("install")) {
    KF_TRY_ASSIGN(packages.install, read_package_names(*install));
  }
  if (const auto also = reader.optional_member("also")) {
    KF_TRY_ASSIGN(packages.also, read_package_names(*also));
  }
  if (const auto repositories = reader.optional_member("repositories")) {
    KF_TRY(read_sources(*repositories, context, packages));
  }
  return packages;
}

}  // namespace

Result<std::vector<PackagesSpec>> read_packages(const YamlReader& reader, const SpecContext& context) {
  if (reader.is_scalar()) {
    return reader.wrong("must be a list", "write [debian-12]");
  }
  KF_TRY_ASSIGN(const auto elements, reader.elements());
  std::vector<PackagesSpec> all;
  for (const YamlReader& element : elements) {
    KF_TRY_ASSIGN(PackagesSpec packages, read_one(element, context));
    packages.line = static_cast<int>(element.line());
    if (std::ranges::find(all, packages.name(), &PackagesSpec::name) != all.end()) {
      return element.wrong(fmt::format("{} is there twice", packages.name()));
    }
    all.push_back(std::move(packages));
  }
  return all;
}

}  // namespace kubeferry::catalog

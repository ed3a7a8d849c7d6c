// SPDX-License-Identifier: Apache-2.0
#include "distribution_load.hpp"

#include <algorithm>

#include <kubeferry/base/text.hpp>

#include "spec_fields.hpp"

namespace kubeferry::catalog {

namespace {

/// A suite or component: it becomes part of a URL. "bookworm", "buster/updates", "stable/", "/".
Status check_suite(std::string_view text) {
  constexpr std::string_view k_allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-+~:/";
  if (text == "./" || text == "/") {
    return {};
  }
  const auto parts = split(text.ends_with('/') ? text.substr(0, text.size() - 1) : text, '/');
  if (text.size() > 256 || text.find_first_not_of(k_allowed) != std::string_view::npos ||
      std::ranges::any_of(parts, [](std::string_view part) { return part.empty() || part.front() == '.'; })) {
    return fail(ExitCode::usage, "\"{}\" is no suite", printable(text));
  }
  return {};
}

Result<std::vector<std::string>> read_suites(const YamlReader& reader) {
  KF_TRY_ASSIGN(const auto elements, reader.elements());
  std::vector<std::string> out;
  for (const YamlReader& element : elements) {
    KF_TRY_ASSIGN(out.emplace_back(), element.text());
    KF_TRY(element.here(check_suite(out.back())));
  }
  return out.empty() ? Result<std::vector<std::string>>(reader.wrong("must not be empty")) : out;
}

Status read_deb(const YamlReader& reader, PackageSource& source) {
  KF_TRY_ASSIGN(const YamlReader suites, reader.member("suites"));
  KF_TRY_ASSIGN(source.suites, read_suites(suites));
  if (const auto components = reader.optional_member("components")) {
    KF_TRY_ASSIGN(source.components, read_suites(*components));
  }
  for (const std::string& suite : source.suites) {
    if (suite.ends_with('/') == !source.components.empty()) {
      return reader.wrong(source.components.empty()
                              ? "the key \"components\" is missing"
                              : fmt::format("the suite \"{}\" is a folder, and has no components", suite),
                          "write components: [main], or suites: [./] for a repository without any");
    }
  }
  if (const auto check = reader.optional_member("checkValidUntil")) {
    KF_TRY_ASSIGN(source.check_valid_until, check->boolean());
  }
  return {};
}

/// By what the list of packages is believed: one thing, said aloud.
Status read_proof(const YamlReader& reader, PackageFormat format, PackageSource& source) {
  if (const auto keyring = reader.optional_member("keyring")) {
    KF_TRY_ASSIGN(source.keyring, keyring->text());
  }
  if (const auto hash = reader.optional_member("sha256")) {
    KF_TRY_ASSIGN(source.sha256, hash->scalar());
    KF_TRY(hash->here(check_sha256(source.sha256)));
  }
  if (const auto open = reader.optional_member("unsigned")) {
    KF_TRY_ASSIGN(source.unsigned_, open->boolean());
  }
  const int proofs = (source.keyring.empty() ? 0 : 1) + (source.sha256.empty() ? 0 : 1) + (source.unsigned_ ? 1 : 0);
  if (proofs != 1) {
    return reader.wrong(format == PackageFormat::deb ? "needs either keyring or unsigned: true"
                                                     : "needs exactly one of keyring, sha256 (of its repomd.xml) and "
                                                       "unsigned: true",
                        "keyring is the file with the keys of those who sign it");
  }
  if (source.unsigned_ && !source.url.starts_with("https://")) {
    return reader.wrong("is neither signed nor encrypted", "an unsigned repository must be reached by https://");
  }
  return {};
}

Result<DistributionRelease> read_release(const YamlReader& reader, const YamlReader& root, PackageFormat format) {
  KF_TRY(reader.only({"version", "architectures", "repositories"}));
  DistributionRelease release;
  KF_TRY_ASSIGN(const YamlReader version, reader.member("version"));
  KF_TRY_ASSIGN(release.version, version.text());
  KF_TRY(version.here(check_name(release.version)));
  auto architectures = reader.optional_member("architectures");
  if (!architectures) {
    architectures = root.optional_member("architectures");
  }
  if (!architectures) {
    return reader.wrong("needs architectures, its own or its file's");
  }
  KF_TRY_ASSIGN(const auto names, architectures->elements());
  for (const YamlReader& name : names) {
    KF_TRY_ASSIGN(release.architectures.emplace_back(), name.text());
    KF_TRY(name.here(parse_platform(release.architectures.back())));
  }
  if (const auto repositories = reader.optional_member("repositories")) {
    KF_TRY_ASSIGN(const auto rows, repositories->elements());
    for (const YamlReader& row : rows) {
      KF_TRY_ASSIGN(release.sources.emplace_back(), read_package_source(row, format));
    }
  }
  return release;
}

}  // namespace

std::string_view to_string(PackageFormat format) { return format == PackageFormat::deb ? "deb" : "rpm"; }

Result<std::vector<std::string>> read_package_names(const YamlReader& reader) {
  KF_TRY_ASSIGN(const auto elements, reader.elements());
  std::vector<std::string> names;
  for (const YamlReader& element : elements) {
    KF_TRY_ASSIGN(std::string name, element.text());
    KF_TRY(element.here(check_name(name)));
    if (name.ends_with('-')) {
      return element.wrong(fmt::format("{} is no name of a package", name));
    }
    if (std::ranges::find(names, name) != names.end()) {
      return element.wrong(fmt::format("{} is there twice", name));
    }
    names.push_back(std::move(name));
  }
  return names.empty() ? Result<std::vector<std::string>>(reader.wrong("must name at least one package")) : names;
}

Result<PackageSource> read_package_source(const YamlReader& reader, PackageFormat format) {
  if (format == PackageFormat::deb) {
    KF_TRY(reader.only({"url", "suites", "components", "platforms", "keyring", "unsigned", "checkValidUntil"}));
  } else {
    KF_TRY(reader.only({"url", "platforms", "keyring", "sha256", "unsigned"}));
  }
  PackageSource source;
  KF_TRY_ASSIGN(const YamlReader url, reader.member("url"));
  KF_TRY_ASSIGN(source.url, url.text());
  KF_TRY(url.here(check_url(expand(source.url, {{"arch", "arch"}}))));
  while (source.url.ends_with('/')) {
    source.url.pop_back();
  }
  KF_TRY(format == PackageFormat::deb ? read_deb(reader, source) : Status());
  if (const auto platforms = reader.optional_member("platforms")) {
    KF_TRY_ASSIGN(const auto elements, platforms->elements());
    for (const YamlReader& element : elements) {
      KF_TRY_ASSIGN(const std::string text, element.text());
      KF_TRY_ASSIGN(source.platforms.emplace_back(), element.here(parse_platform(text)));
    }
  }
  KF_TRY(read_proof(reader, format, source));
  return source;
}

Result<Distribution> read_distribution_file(const YamlReader& root) {
  KF_TRY(root.only(
      {"apiVersion", "kind", "name", "format", "keyringFrom", "unpublished", "install", "architectures", "releases"}));
  Distribution distribution;
  KF_TRY_ASSIGN(distribution.name, root.text("name"));
  KF_TRY(root.here(check_name(distribution.name)));
  KF_TRY_ASSIGN(const YamlReader format, root.member("format"));
  KF_TRY_ASSIGN(const std::string word, format.text());
  if (word != "deb" && word != "rpm") {
    return format.wrong("must be deb or rpm");
  }
  distribution.format = word == "deb" ? PackageFormat::deb : PackageFormat::rpm;
  KF_TRY_ASSIGN(distribution.keyring_from, root.text_or("keyringFrom", ""));
  KF_TRY_ASSIGN(distribution.unpublished, root.text_or("unpublished", ""));
  KF_TRY_ASSIGN(const YamlReader install, root.member("install"));
  KF_TRY_ASSIGN(distribution.install, read_package_names(install));
  KF_TRY_ASSIGN(const YamlReader releases, root.member("releases"));
  KF_TRY_ASSIGN(const auto rows, releases.elements());
  for (const YamlReader& row : rows) {
    KF_TRY_ASSIGN(DistributionRelease release, read_release(row, root, distribution.format));
    if (release.sources.empty() == distribution.unpublished.empty()) {
      return row.wrong("needs repositories exactly when its file has no unpublished");
    }
    if (std::ranges::find(distribution.releases, release.version, &DistributionRelease::version) !=
        distribution.releases.end()) {
      return row.wrong(fmt::format("{} is there twice", release.version));
    }
    distribution.releases.push_back(std::move(release));
  }
  return distribution.releases.empty() ? Result<Distribution>(releases.wrong("must not be empty")) : distribution;
}

}  // namespace kubeferry::catalog

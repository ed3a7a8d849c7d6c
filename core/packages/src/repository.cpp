// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/packages/repository.hpp>

#include <charconv>
#include <set>

#include "entries.hpp"
#include "primary.hpp"

namespace kubeferry::packages {

namespace {

constexpr std::string_view k_primary = "repodata/primary.xml";

/// A stanza that says another Filename.
std::string moved_stanza(const Package& package) {
  std::string out;
  for (const std::string_view line : split(package.entry, '\n')) {
    if (line.size() > 9 && equals_ignoring_case(line.substr(0, 9), "Filename:")) {
      out += "Filename: " + carried_path(Format::deb, package.location);
    } else {
      out += line;
    }
    out += '\n';
  }
  return out;  // the entry's own last newline has become the empty line behind it
}

std::vector<MadeFile> deb_files(const RepositoryDescription& about, const std::vector<Package>& packages) {
  std::string index;
  for (const Package& package : packages) {
    index += moved_stanza(package);
  }
  const std::string release = fmt::format(
      "Origin: kubeferry\nLabel: kubeferry\nSuite: {0}\nCodename: {0}\nDate: {1}\nArchitectures: {2}\n"
      "Description: packages for {0}, carried by kubeferry\nSHA256:\n {3} {4} Packages\n",
      about.name, to_release_time(about.created), about.architecture, crypto::Digest::of(as_byte_view(index)).hex(),
      index.size());
  return {{"Packages", std::move(index)}, {"Release", release}};
}

Result<std::string> moved_element(const Package& package) {
  const std::string_view element = package.entry;
  const std::string_view location = child(element, "location");
  if (location.empty()) {
    return fail(ExitCode::format, "{} {} has no location", package.name, package.version);
  }
  const auto at = static_cast<std::size_t>(location.data() - element.data());
  return fmt::format("{}<location href=\"{}\"/>{}", element.substr(0, at),
                     escaped(carried_path(Format::rpm, package.location)), element.substr(at + location.size()));
}

Result<std::vector<MadeFile>> rpm_files(const RepositoryDescription& about, const std::vector<Package>& packages) {
  std::string primary = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<metadata xmlns=\"http://linux.duke.edu/metadata/common\" "
      "xmlns:rpm=\"http://linux.duke.edu/metadata/rpm\" packages=\"{}\">\n",
      packages.size());
  for (const Package& package : packages) {
    KF_TRY_ASSIGN(const std::string element, moved_element(package));
    primary += element + "\n";
  }
  primary += "</metadata>\n";
  const auto seconds = about.created.time_since_epoch().count();
  const std::string digest = crypto::Digest::of(as_byte_view(primary)).hex();
  std::string repomd = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<repomd xmlns=\"http://linux.duke.edu/metadata/repo\">\n"
      "  <revision>{0}</revision>\n  <data type=\"primary\">\n    <checksum type=\"sha256\">{1}</checksum>\n"
      "    <location href=\"{2}\"/>\n    <timestamp>{0}</timestamp>\n    <size>{3}</size>\n  </data>\n</repomd>\n",
      seconds, digest, k_primary, primary.size());
  return std::vector<MadeFile>{{std::string(k_primary), std::move(primary)},
                               {"repodata/repomd.xml", std::move(repomd)}};
}

}  // namespace

std::string carried_path(Format format, std::string_view location) {
  return fmt::format("{}/{}", format == Format::deb ? "pool" : "packages", location.substr(location.rfind('/') + 1));
}

Result<ListedFile> parse_repomd(std::string_view xml, std::string_view what) {
  std::string_view rest = xml;
  for (;;) {
    const std::string_view data = child(rest, "data");
    if (data.empty()) {
      return fail(ExitCode::format, "{}: names no primary.xml", what);
    }
    if (attribute(data, "type") == "primary") {
      ListedFile file;
      file.path = attribute(child(data, "location"), "href");
      const std::string_view checksum = child(data, "checksum");
      auto digest = crypto::Digest::parse("sha256:" + content(checksum));
      const std::string size = content(child(data, "size"));
      const auto read = std::from_chars(size.data(), size.data() + size.size(), file.size);
      if (attribute(checksum, "type") != "sha256" || !digest || !check_location(file.path) || read.ec != std::errc{} ||
          read.ptr != size.data() + size.size()) {
        return fail(ExitCode::format, "{}: says no SHA-256, size or place of its primary.xml", what);
      }
      file.digest = *digest;
      return file;
    }
    rest = rest.substr(static_cast<std::size_t>(data.data() - rest.data()) + data.size() - 1);
  }
}

Result<std::vector<MadeFile>> repository_files(const RepositoryDescription& about,
                                               const std::vector<Package>& packages) {
  std::set<std::string> paths;
  for (const Package& package : packages) {
    if (!paths.insert(carried_path(about.format, package.location)).second) {
      return fail(ExitCode::usage, "{}: two packages are called {}", about.name,
                  carried_path(about.format, package.location));
    }
  }
  return about.format == Format::deb ? Result<std::vector<MadeFile>>(deb_files(about, packages))
                                     : rpm_files(about, packages);
}

}  // namespace kubeferry::packages

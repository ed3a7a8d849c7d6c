// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/bundle/package_rows.hpp>

#include <algorithm>
#include <set>

#include <kubeferry/base/text.hpp>
#include <kubeferry/bundle/json_fields.hpp>

namespace kubeferry::bundle {

namespace {

constexpr std::size_t k_longest_name = 128;
constexpr std::size_t k_longest_path = 1024;

bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

/// Of characters that mean nothing to a shell, a file system, apt or dnf.
bool is_plain(std::string_view text) {
  return text.size() <= k_longest_name && (text.empty() || is_letter_or_digit(text.front())) &&
         std::ranges::all_of(text, [](char c) {
           return is_letter_or_digit(c) || std::string_view("._+-").find(c) != std::string_view::npos;
         });
}

Result<std::string> plain_at(const JsonView& view, std::string_view key) {
  KF_TRY_ASSIGN(std::string text, view.string(key));
  if (!is_plain(text)) {
    return view.wrong(fmt::format("its {} \"{}\" may have letters, digits, \".\", \"_\", \"+\" and \"-\"", key,
                                  printable(text.substr(0, k_longest_name))));
  }
  return text;
}

Result<std::vector<std::string>> install_at(const JsonView& view) {
  KF_TRY_ASSIGN(auto names, strings_at(view, "install"));
  for (const auto& name : names) {
    if (!is_package_name(name)) {
      return view.wrong(fmt::format("\"{}\" is no name of a package", printable(name.substr(0, k_longest_name))));
    }
  }
  if (names.empty()) {
    return view.wrong("names no package to install");
  }
  return names;
}

bool is_normalised(std::string_view path) {
  if (path.empty() || path.size() > k_longest_path || printable(path) != path) {
    return false;
  }
  return std::ranges::none_of(split(path, '/'),
                              [](std::string_view part) { return part.empty() || part == "." || part == ".."; });
}

Result<PackageFile> package_file(const JsonView& view) {
  KF_TRY(view.only({"path", "digest", "source"}));
  PackageFile file;
  KF_TRY_ASSIGN(file.path, view.string("path"));
  KF_TRY_ASSIGN(file.digest, digest_at(view, "digest"));
  KF_TRY_ASSIGN(file.source, view.string("source"));
  if (!is_normalised(file.path)) {
    return view.wrong(fmt::format("the path \"{}\" must be relative, without empty, \".\" or \"..\" components",
                                  printable(file.path.substr(0, k_longest_name))));
  }
  return file;
}

/// What the format's package manager looks for first.
std::vector<std::string_view> indexes_of(std::string_view format) {
  if (format == k_deb) {
    return {"Packages", "Release"};
  }
  if (format == k_rpm) {
    return {"repodata/repomd.xml"};
  }
  return {};
}

Status check_files(const JsonView& view, const PackageRepository& repository) {
  std::set<std::string_view> paths;
  for (const auto& file : repository.files) {
    if (!paths.insert(file.path).second) {
      return view.wrong(fmt::format("\"{}\" stands there twice", file.path));
    }
  }
  for (const auto index : indexes_of(repository.format)) {
    if (!paths.contains(index)) {
      return view.wrong(fmt::format("has no {}", index));
    }
  }
  return {};
}

/// "9" is a first part of "9", "9.3", not of "90"; nothing is one of everything.
bool is_first_part(std::string_view part, std::string_view version) {
  return part.empty() || (version.starts_with(part) && (version.size() == part.size() || version[part.size()] == '.'));
}

}  // namespace

bool is_package_name(std::string_view text) {
  // "-x" would be an option, and "x-" is apt's way to say that x shall go.
  return !text.empty() && is_plain(text) && !text.ends_with('-');
}

const PackageRepository* find_repository(std::span<const PackageRepository> repositories, std::string_view id,
                                         std::string_view version, std::string_view platform) {
  const PackageRepository* best = nullptr;
  for (const auto& repository : repositories) {
    if (repository.distribution == id && repository.platform == platform &&
        is_first_part(repository.distribution_version, version) &&
        (best == nullptr || best->distribution_version.size() < repository.distribution_version.size())) {
      best = &repository;
    }
  }
  return best;
}

bool PackageRepository::is_package(std::string_view path) const { return path.ends_with(fmt::format(".{}", format)); }

Json packages_json(const std::vector<PackageRepository>& repositories) {
  Json out = Json::array();
  for (const auto& repository : repositories) {
    Json distribution;
    distribution.set("id", repository.distribution);
    distribution.set("version", repository.distribution_version);
    Json files = Json::array();
    for (const auto& file : repository.files) {
      Json item;
      item.set("path", file.path);
      item.set("digest", file.digest.to_string());
      item.set("source", file.source);
      files.push(std::move(item));
    }
    Json one;
    one.set("name", repository.name);
    one.set("format", repository.format);
    one.set("platform", repository.platform);
    one.set("distribution", std::move(distribution));
    one.set("install", to_json(repository.install));
    one.set("files", std::move(files));
    out.push(std::move(one));
  }
  return out;
}

Result<PackageRepository> package_repository(const JsonView& view) {
  KF_TRY(view.only({"name", "format", "platform", "distribution", "install", "files"}));
  PackageRepository repository;
  KF_TRY_ASSIGN(repository.name, plain_at(view, "name"));
  KF_TRY_ASSIGN(repository.format, view.string("format"));
  KF_TRY_ASSIGN(repository.platform, view.string("platform"));
  KF_TRY_ASSIGN(const JsonView distribution, view.member("distribution"));
  KF_TRY(distribution.only({"id", "version"}));
  KF_TRY_ASSIGN(repository.distribution, plain_at(distribution, "id"));
  KF_TRY_ASSIGN(repository.distribution_version, plain_at(distribution, "version"));
  KF_TRY_ASSIGN(repository.install, install_at(view));
  if (repository.name.empty() || repository.distribution.empty()) {
    return view.wrong("must have a name and a distribution");
  }
  if (indexes_of(repository.format).empty()) {
    return view.wrong(fmt::format("has the format \"{}\", which is neither deb nor rpm", printable(repository.format)));
  }
  KF_TRY_ASSIGN(const auto files, view.elements("files"));
  for (const auto& element : files) {
    KF_TRY_ASSIGN(PackageFile file, package_file(element));
    repository.files.push_back(std::move(file));
  }
  KF_TRY(check_files(view, repository));
  return repository;
}

}  // namespace kubeferry::bundle

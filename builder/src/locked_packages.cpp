// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/builder/locked_packages.hpp>

#include <kubeferry/bundle/json_fields.hpp>

namespace kubeferry::builder {

namespace {

Json index_json(const LockedIndex& index) {
  Json out;
  out.set("url", index.url).set("digest", index.digest.to_string()).set("proof", index.proof);
  return out;
}

Json package_json(const LockedPackage& locked) {
  const packages::Package& package = locked.package;
  Json out;
  out.set("name", package.name).set("version", package.version).set("architecture", package.architecture);
  out.set("url", locked.url).set("location", package.location);
  out.set("digest", package.digest.to_string()).set("size", package.size);
  // A line each, as it reads well in a review.
  Json entry = Json::array();
  std::string_view rest = package.entry;
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    entry.push(rest.substr(0, end));
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  }
  out.set("entry", std::move(entry));
  return out;
}

Result<LockedIndex> index_at(const JsonView& view) {
  KF_TRY(view.only({"url", "digest", "proof"}));
  LockedIndex index;
  KF_TRY_ASSIGN(index.url, view.string("url"));
  KF_TRY_ASSIGN(index.digest, bundle::digest_at(view, "digest"));
  KF_TRY_ASSIGN(index.proof, view.string("proof"));
  return index;
}

Result<LockedPackage> package_at(const JsonView& view, packages::Format format) {
  KF_TRY(view.only({"name", "version", "architecture", "url", "location", "digest", "size", "entry"}));
  LockedPackage locked;
  packages::Package& package = locked.package;
  KF_TRY_ASSIGN(package.name, view.string("name"));
  KF_TRY_ASSIGN(package.version, view.string("version"));
  KF_TRY_ASSIGN(package.architecture, view.string("architecture"));
  KF_TRY_ASSIGN(locked.url, view.string("url"));
  KF_TRY_ASSIGN(package.location, view.string("location"));
  KF_TRY_ASSIGN(package.digest, bundle::digest_at(view, "digest"));
  KF_TRY_ASSIGN(package.size, view.unsigned_integer("size"));
  KF_TRY_ASSIGN(const auto lines, bundle::strings_at(view, "entry"));
  package.entry = fmt::format("{}", fmt::join(lines, "\n"));
  // A stanza ends with a newline, an element does not.
  package.entry += format == packages::Format::deb ? "\n" : "";
  return locked;
}

}  // namespace

Json to_json(const LockedRepository& repository) {
  Json indexes = Json::array();
  for (const LockedIndex& index : repository.indexes) {
    indexes.push(index_json(index));
  }
  Json rows = Json::array();
  for (const LockedPackage& package : repository.packages) {
    rows.push(package_json(package));
  }
  Json out;
  out.set("name", repository.name).set("distribution", repository.distribution).set("version", repository.version);
  out.set("format", packages::to_string(repository.format)).set("platform", repository.platform);
  out.set("architecture", repository.architecture).set("install", bundle::to_json(repository.install));
  out.set("indexes", std::move(indexes)).set("packages", std::move(rows));
  return out;
}

Result<LockedRepository> locked_repository(const JsonView& view) {
  KF_TRY(view.only(
      {"name", "distribution", "version", "format", "platform", "architecture", "install", "indexes", "packages"}));
  LockedRepository repository;
  KF_TRY_ASSIGN(repository.name, view.string("name"));
  KF_TRY_ASSIGN(repository.distribution, view.string("distribution"));
  KF_TRY_ASSIGN(repository.version, view.string("version"));
  KF_TRY_ASSIGN(const std::string format, view.string("format"));
  if (format != "deb" && format != "rpm") {
    return view.wrong("its format must be deb or rpm");
  }
  repository.format = format == "deb" ? packages::Format::deb : packages::Format::rpm;
  KF_TRY_ASSIGN(repository.platform, view.string("platform"));
  KF_TRY_ASSIGN(repository.architecture, view.string("architecture"));
  KF_TRY_ASSIGN(repository.install, bundle::strings_at(view, "install"));
  KF_TRY_ASSIGN(const auto indexes, view.elements("indexes"));
  for (const JsonView& index : indexes) {
    KF_TRY_ASSIGN(repository.indexes.emplace_back(), index_at(index));
  }
  KF_TRY_ASSIGN(const auto rows, view.elements("packages"));
  for (const JsonView& row : rows) {
    KF_TRY_ASSIGN(repository.packages.emplace_back(), package_at(row, repository.format));
  }
  return repository;
}

}  // namespace kubeferry::builder

// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/builder/lock.hpp>

#include <map>

#include <kubeferry/base/fd.hpp>
#include <kubeferry/base/json.hpp>
#include <kubeferry/bundle/json_fields.hpp>

namespace kubeferry::builder {

namespace {

Json descriptor_json(const oci::Descriptor& descriptor) {
  Json out;
  bundle::set_descriptor(out, descriptor);
  return out;
}

Json manifest_json(const LockedManifest& manifest) {
  Json out;
  out.set("platform", manifest.platform);
  out.set("manifest", descriptor_json(manifest.descriptor));
  out.set("config", descriptor_json(manifest.config));
  Json layers = Json::array();
  for (const auto& layer : manifest.layers) {
    layers.push(descriptor_json(layer));
  }
  out.set("layers", std::move(layers));
  return out;
}

Json image_json(const LockedImage& image) {
  Json out;
  out.set("reference", image.reference);
  out.set("target", descriptor_json(image.descriptor));
  Json manifests = Json::array();
  for (const auto& manifest : image.manifests) {
    manifests.push(manifest_json(manifest));
  }
  out.set("manifests", std::move(manifests));
  out.set("omitted", bundle::to_json(image.omitted));
  return out;
}

Json download_json(const LockedDownload& download) {
  Json out;
  out.set(download.url.empty() ? "source" : "url", download.url.empty() ? download.source : download.url);
  out.set("kind", download.kind);
  out.set("name", download.name);
  out.set("digest", download.digest.to_string());
  out.set("size", download.size);
  Json files = Json::array();
  for (const auto& file : download.files) {
    Json item;
    if (!file.member.empty()) {
      item.set("member", file.member);
    }
    item.set("digest", file.digest.to_string());
    item.set("size", file.size);
    item.set("platforms", bundle::to_json(file.platforms));
    item.set("path", file.path);
    item.set("mode", fmt::format("{:04o}", file.mode));
    files.push(std::move(item));
  }
  out.set("files", std::move(files));
  return out;
}

/// A descriptor that is all there is to its object.
Result<oci::Descriptor> locked_descriptor(const JsonView& view) {
  KF_TRY(view.only({"mediaType", "digest", "size"}));
  return bundle::descriptor_at(view);
}

Result<oci::Descriptor> locked_descriptor(const JsonView& parent, std::string_view key) {
  KF_TRY_ASSIGN(const JsonView view, parent.member(key));
  return locked_descriptor(view);
}

Result<LockedManifest> manifest_at(const JsonView& view) {
  KF_TRY(view.only({"platform", "manifest", "config", "layers"}));
  LockedManifest manifest;
  KF_TRY_ASSIGN(manifest.platform, view.string("platform"));
  KF_TRY_ASSIGN(manifest.descriptor, locked_descriptor(view, "manifest"));
  KF_TRY_ASSIGN(manifest.config, locked_descriptor(view, "config"));
  KF_TRY_ASSIGN(const auto layers, view.elements("layers"));
  for (const auto& layer : layers) {
    KF_TRY_ASSIGN(oci::Descriptor descriptor, locked_descriptor(layer));
    manifest.layers.push_back(std::move(descriptor));
  }
  return manifest;
}

Result<LockedImage> image_at(const JsonView& view) {
  KF_TRY(view.only({"reference", "target", "manifests", "omitted"}));
  LockedImage image;
  KF_TRY_ASSIGN(image.reference, view.string("reference"));
  KF_TRY_ASSIGN(image.descriptor, locked_descriptor(view, "target"));
  KF_TRY_ASSIGN(const auto manifests, view.elements("manifests"));
  for (const auto& manifest : manifests) {
    KF_TRY_ASSIGN(LockedManifest locked, manifest_at(manifest));
    image.manifests.push_back(std::move(locked));
  }
  KF_TRY_ASSIGN(image.omitted, bundle::strings_at(view, "omitted"));
  return image;
}

Result<LockedFile> file_at(const JsonView& view) {
  KF_TRY(view.only({"member", "digest", "size", "platforms", "path", "mode"}));
  LockedFile file;
  KF_TRY_ASSIGN(file.member, view.string_or("member", ""));
  KF_TRY_ASSIGN(file.digest, bundle::digest_at(view, "digest"));
  KF_TRY_ASSIGN(file.size, view.unsigned_integer("size"));
  KF_TRY_ASSIGN(file.platforms, bundle::strings_at(view, "platforms"));
  KF_TRY_ASSIGN(file.path, view.string("path"));
  KF_TRY_ASSIGN(file.mode, bundle::mode_at(view));
  return file;
}

Result<LockedDownload> download_at(const JsonView& view) {
  KF_TRY(view.only({"url", "source", "kind", "name", "digest", "size", "files"}));
  LockedDownload download;
  KF_TRY_ASSIGN(download.url, view.string_or("url", ""));
  KF_TRY_ASSIGN(download.source, view.string_or("source", ""));
  if (download.url.empty() == download.source.empty()) {
    return view.wrong("must have either \"url\" or \"source\"");
  }
  KF_TRY_ASSIGN(download.kind, view.string("kind"));
  KF_TRY_ASSIGN(download.name, view.string("name"));
  KF_TRY_ASSIGN(download.digest, bundle::digest_at(view, "digest"));
  KF_TRY_ASSIGN(download.size, view.unsigned_integer("size"));
  KF_TRY_ASSIGN(const auto files, view.elements("files"));
  for (const auto& file : files) {
    KF_TRY_ASSIGN(LockedFile locked, file_at(file));
    download.files.push_back(std::move(locked));
  }
  return download;
}

Json packages_identity(const std::vector<catalog::PackagesSpec>& all) {
  Json out = Json::array();
  for (const auto& packages : all) {
    Json item;
    item.set("name", packages.name());
    item.set("install", bundle::to_json(packages.install));
    item.set("also", bundle::to_json(packages.also));
    Json repositories = Json::array();
    for (const auto& source : packages.sources) {
      Json row;
      row.set("url", source.url).set("suites", bundle::to_json(source.suites));
      row.set("components", bundle::to_json(source.components)).set("platforms", bundle::to_json(source.platforms));
      row.set("keyring", source.keyring).set("sha256", source.sha256).set("unsigned", source.unsigned_);
      repositories.push(std::move(row));
    }
    item.set("repositories", std::move(repositories));
    out.push(std::move(item));
  }
  return out;
}

bool has_repository(const Lock& lock, const LockedRepository& wanted) {
  return std::ranges::any_of(lock.packages, [&](const LockedRepository& repository) {
    return repository.name == wanted.name && repository.platform == wanted.platform;
  });
}

/// Thing → digest, of all that a lock pins. Packages of which `other` has none are one thing: nobody reads hundreds.
std::map<std::string, std::string> pins(const Lock& lock, const Lock& other) {
  std::map<std::string, std::string> out;
  for (const auto& image : lock.images) {
    out[image.reference] = image.descriptor.digest.to_string();
  }
  for (const auto& download : lock.downloads) {
    out[download.url.empty() ? download.source : download.url] = download.digest.to_string();
  }
  for (const auto& repository : lock.packages) {
    const auto whose = fmt::format("{} {}", repository.name, repository.platform);
    if (!has_repository(other, repository)) {
      out[whose] = fmt::format("{} packages", repository.packages.size());
      continue;
    }
    for (const auto& [url, package] : repository.packages) {
      out[fmt::format("{}: {}", whose, package.name)] =
          fmt::format("{} {}", package.version, package.digest.to_string());
    }
  }
  return out;
}

}  // namespace

std::string spec_identity(const catalog::Spec& spec) {
  Json out;
  out.set("platforms", bundle::to_json(spec.platforms));
  if (spec.kubernetes) {
    out.set("kubernetes", spec.kubernetes->version.to_string());
    out.set("imageRepository", spec.kubernetes->image_repository);
  }
  if (spec.cni) {
    out.set("cni", spec.cni->name);
    out.set("cniVersion", spec.cni->version);
    out.set("cniManifest", spec.cni->manifest);
  }
  out.set("images", bundle::to_json(spec.images));
  // Absent without any: locks from before there were some stay what they are.
  if (!spec.manifests.empty()) {
    Json manifests = Json::array();
    for (const auto& manifest : spec.manifests) {
      Json item;
      item.set("name", manifest.name);
      item.set("from", manifest.url.empty() ? manifest.source : manifest.url);
      item.set("sha256", manifest.sha256);
      manifests.push(std::move(item));
    }
    out.set("manifests", std::move(manifests));
  }
  Json files = Json::array();
  for (const auto& file : spec.files) {
    Json item;
    item.set("from", file.url.empty() ? file.source : file.url);
    item.set("sha256", file.sha256);
    item.set("platforms", bundle::to_json(file.platforms));
    item.set("path", file.path);
    item.set("mode", std::uint64_t{file.mode});
    files.push(std::move(item));
  }
  out.set("files", std::move(files));
  // Locks from before there was a key stay what they were.
  if (!spec.packages.empty()) {
    out.set("packages", packages_identity(spec.packages));
  }
  if (!spec.program.empty()) {
    out.set("kubeferry", spec.program);
  }
  out.set("missing", spec.missing == catalog::Missing::skip ? "skip" : "fail");
  return crypto::Digest::of(as_byte_view(to_text(out))).to_string();
}

std::string to_text(const Lock& lock) {
  Json out;
  out.set("kind", "kubeferry/lock/v1");
  out.set("created", to_rfc3339(lock.created));
  out.set("spec", lock.spec);
  Json images = Json::array();
  for (const auto& image : lock.images) {
    images.push(image_json(image));
  }
  out.set("images", std::move(images));
  Json downloads = Json::array();
  for (const auto& download : lock.downloads) {
    downloads.push(download_json(download));
  }
  out.set("downloads", std::move(downloads));
  if (!lock.packages.empty()) {
    Json packages = Json::array();
    for (const auto& repository : lock.packages) {
      packages.push(to_json(repository));
    }
    out.set("packages", std::move(packages));
  }
  return to_text(out, JsonStyle::indented);
}

Result<Lock> parse_lock(std::string_view text, std::string_view what) {
  KF_TRY_ASSIGN(const Json json, parse_json(text, what, {.bytes = k_max_lock_bytes}));
  const JsonView view(json, std::string(what));
  KF_TRY_ASSIGN(const std::string kind, view.string("kind"));
  if (kind != "kubeferry/lock/v1") {
    return view.wrong(fmt::format("is of kind \"{}\", not kubeferry/lock/v1", kind));
  }
  KF_TRY(view.only({"kind", "created", "spec", "images", "downloads", "packages"}));
  Lock lock;
  KF_TRY_ASSIGN(const std::string created, view.string("created"));
  KF_TRY_ASSIGN(lock.created, parse_rfc3339(created));
  KF_TRY_ASSIGN(lock.spec, view.string("spec"));
  KF_TRY_ASSIGN(const auto images, view.elements("images"));
  for (const auto& image : images) {
    KF_TRY_ASSIGN(LockedImage locked, image_at(image));
    lock.images.push_back(std::move(locked));
  }
  KF_TRY_ASSIGN(const auto downloads, view.elements("downloads"));
  for (const auto& download : downloads) {
    KF_TRY_ASSIGN(LockedDownload locked, download_at(download));
    lock.downloads.push_back(std::move(locked));
  }
  if (view.optional_member("packages")) {
    KF_TRY_ASSIGN(const auto packages, view.elements("packages"));
    for (const auto& repository : packages) {
      KF_TRY_ASSIGN(lock.packages.emplace_back(), locked_repository(repository));
    }
  }
  return lock;
}

Result<Lock> load_lock(const std::filesystem::path& path, const catalog::Spec& spec) {
  KF_TRY_ASSIGN(const std::string text, read_file(path, k_max_lock_bytes));
  KF_TRY_ASSIGN(Lock lock, parse_lock(text, path.native()));
  if (lock.spec != spec_identity(spec)) {
    return Failure(Error{
        ExitCode::usage,
        fmt::format("{}: was made from another state of the spec", path.native()),
        fmt::format("run `kubeferry lock SPEC --output {}` again and look at what it says has changed", path.native()),
        {}});
  }
  return lock;
}

std::vector<std::string> changes(const Lock& before, const Lock& after) {
  const auto old_pins = pins(before, after);
  const auto new_pins = pins(after, before);
  std::vector<std::string> lines;
  for (const auto& [thing, digest] : new_pins) {
    const auto known = old_pins.find(thing);
    if (known == old_pins.end()) {
      lines.push_back(fmt::format("new      {}  {}", thing, digest));
    } else if (known->second != digest) {
      lines.push_back(fmt::format("changed  {}  {} -> {}", thing, known->second, digest));
    }
  }
  for (const auto& [thing, digest] : old_pins) {
    if (!new_pins.contains(thing)) {
      lines.push_back(fmt::format("gone     {}  {}", thing, digest));
    }
  }
  return lines;
}

}  // namespace kubeferry::builder

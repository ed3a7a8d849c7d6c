// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/builder/resolve.hpp>

#include <algorithm>
#include <span>

#include <kubeferry/base/fd.hpp>
#include <kubeferry/base/workers.hpp>
#include <kubeferry/builder/own_program.hpp>
#include <kubeferry/catalog/cni_manifest.hpp>
#include <kubeferry/platforms/platform.hpp>

#include "manifest_reference.hpp"
#include "resolve_downloads.hpp"
#include "resolve_images.hpp"
#include "resolve_packages.hpp"

namespace kubeferry::builder {

namespace {

/// A manifest must be one that this Kubernetes takes, and its images join the others: what a cluster pulls is carried,
/// whoever names it. `release`: the images that the manifest means where it leaves a tag out.
Status add_manifest_images(const catalog::Spec& spec, const catalog::Catalog& catalog, const LockedDownload& manifest,
                           std::span<const std::string> release, Collected& collected, const ResolveOptions& options,
                           std::vector<catalog::ImageNeed>& images) {
  const auto bytes = collected.find(manifest.digest);
  if (!bytes) {
    return fail(ExitCode::bug, "the manifest {} was not kept", manifest.name);
  }
  // Better now than when it is applied, on the other side of the gap.
  if (spec.kubernetes) {
    const std::string& what = manifest.url.empty() ? manifest.source : manifest.url;
    KF_TRY(catalog::check_apis(catalog, as_text(*bytes), what, spec.kubernetes->version));
  }
  KF_TRY_ASSIGN(const auto found, catalog::found_images(as_text(*bytes), manifest.name));
  for (const auto& image : found) {
    const std::string place = fmt::format("{}:{}: {}", manifest.name, image.line, image.field);
    if (image.in == catalog::ImageIn::doubtful) {
      collected.warn(options, fmt::format("{}: {} looks like an image and is not carried; if a Pod is started from it, "
                                          "add it to images",
                                          place, image.reference));
      continue;
    }
    KF_TRY_ASSIGN(const oci::Reference meant, meant_image(image.reference, release));
    const std::string reference = is_moving(meant) ? image.reference : meant.to_string();
    const bool known = std::any_of(images.begin(), images.end(),
                                   [&](const catalog::ImageNeed& need) { return need.reference == reference; });
    if (!known && image.in != catalog::ImageIn::container) {
      collected.warn(options, fmt::format("{}: {} is carried, too", place, image.reference));
    }
    if (!known) {
      images.push_back(
          {reference, (manifest.kind == "manifest" ? "cni " : "manifest ") + manifest.name, spec.platforms});
    }
  }
  return {};
}

/// A manifest that the spec names is locked like a download, and kept.
Result<LockedDownload> lock_manifest(LockedDownload download, std::string_view sha256, Upstream& upstream,
                                     Collected& collected) {
  const std::string& from = download.url.empty() ? download.source : download.url;
  Bytes bytes;
  if (download.url.empty()) {
    KF_TRY_ASSIGN(const std::string text, read_file(download.source, catalog::k_max_manifest_bytes));
    const ByteView view = as_byte_view(text);
    bytes.assign(view.begin(), view.end());
  } else {
    KF_TRY_ASSIGN(bytes, upstream.read(download.url, catalog::k_max_manifest_bytes));
  }
  download.size = bytes.size();
  download.digest = crypto::Digest::of(bytes);
  if (!sha256.empty() && download.digest.hex() != sha256) {
    return fail(ExitCode::integrity, "{}: is sha256:{}, and the spec says sha256:{}", from, download.digest.hex(),
                sha256);
  }
  collected.document(download.digest, std::move(bytes));
  return download;
}

Status lock_spec_manifests(const catalog::Spec& spec, Upstream& upstream, Collected& collected,
                           std::vector<LockedDownload>& downloads) {
  const auto add = [&](LockedDownload wanted, std::string_view sha256) -> Status {
    KF_TRY_ASSIGN(LockedDownload manifest, lock_manifest(std::move(wanted), sha256, upstream, collected));
    downloads.push_back(std::move(manifest));
    return {};
  };
  if (spec.cni && !spec.cni->manifest.empty()) {
    KF_TRY(add({.url = {}, .source = spec.cni->manifest, .kind = "manifest", .name = spec.cni->name}, {}));
  }
  for (const auto& manifest : spec.manifests) {
    KF_TRY(add({.url = manifest.url, .source = manifest.source, .kind = "extra-manifest", .name = manifest.name},
               manifest.sha256));
  }
  return {};
}

Status ask_kubeadm(const catalog::Spec& spec, const catalog::Catalog& catalog, const catalog::Needs& needs,
                   Upstream& upstream, const ResolveOptions& options) {
  const auto host = platforms::host();
  if (!spec.kubernetes || !options.ask_kubeadm || !host) {
    return {};
  }
  const auto kubeadm = std::find_if(
      needs.downloads.begin(), needs.downloads.end(),
      [&](const catalog::DownloadNeed& need) { return need.name == "kubeadm" && need.platform == (*host)->name; });
  if (kubeadm == needs.downloads.end()) {
    return {};
  }
  KF_TRY_ASSIGN(const auto expected,
                catalog::kubernetes_images(catalog, spec.kubernetes->version, spec.kubernetes->image_repository));
  std::string why_not;
  KF_TRY(compare_with_kubeadm(*kubeadm, *spec.kubernetes, expected.images, upstream, why_not));
  if (!why_not.empty() && options.warn) {
    options.warn(fmt::format("the image list is the catalog's alone: kubeadm {} could not be asked here ({})",
                             spec.kubernetes->version.to_string(), why_not));
  }
  return {};
}

}  // namespace

Result<Resolution> resolve(const catalog::Spec& spec, const catalog::Catalog& catalog, Upstream& upstream,
                           const ResolveOptions& options) {
  KF_TRY_ASSIGN(catalog::Needs needs, catalog::needs_of(spec, catalog));
  Resolution resolution;
  Collected collected;
  for (const auto& note : needs.notes) {
    collected.warn(options, note);
  }
  for (const auto& missing : needs.missing) {
    if (missing.required) {
      collected.skipped(fmt::format("{} for {}: {}", missing.what, missing.platform, missing.reason));
    }
  }

  KF_TRY_ASSIGN(const OwnProgram own, own_program(spec, options.program));
  if (!own.absent.empty()) {
    collected.warn(options, own.absent);
  }
  std::vector<catalog::FileSpec> files = spec.files;
  files.insert(files.end(), own.files.begin(), own.files.end());

  // Downloads first: the CNI's manifest says which further images there are.
  std::vector<LockedDownload> downloads(needs.downloads.size() + files.size());
  KF_TRY(for_each_index(downloads.size() + 1, options.jobs, options.stop, [&](std::size_t index) -> Status {
    if (index == 0) {
      return ask_kubeadm(spec, catalog, needs, upstream, options);
    }
    const std::size_t n = index - 1;
    if (n < needs.downloads.size()) {
      KF_TRY_ASSIGN(downloads[n], resolve_download(needs.downloads[n], upstream, collected));
    } else {
      KF_TRY_ASSIGN(downloads[n], resolve_file(files[n - needs.downloads.size()], spec.platforms, upstream));
    }
    return {};
  }));
  KF_TRY(lock_spec_manifests(spec, upstream, collected, downloads));
  for (std::size_t n = 0; n < downloads.size(); ++n) {
    if (is_manifest(downloads[n])) {
      const bool published = n < needs.downloads.size();
      KF_TRY(add_manifest_images(spec, catalog, downloads[n],
                                 published ? needs.downloads[n].images : std::vector<std::string>(), collected, options,
                                 needs.images));
    }
  }

  std::vector<LockedImage> images(needs.images.size());
  KF_TRY(for_each_index(images.size(), options.jobs, options.stop, [&](std::size_t n) -> Status {
    KF_TRY_ASSIGN(images[n], resolve_image(needs.images[n], spec.missing, upstream, options, collected));
    return {};
  }));
  // Two spellings of one image ("pause:3.10" from two sources) are one image.
  std::vector<LockedImage> unique;
  for (auto& image : images) {
    const bool known = std::any_of(unique.begin(), unique.end(),
                                   [&](const LockedImage& other) { return other.reference == image.reference; });
    if (!known && !image.manifests.empty()) {
      unique.push_back(std::move(image));
    }
  }
  KF_TRY_ASSIGN(auto packages, resolve_packages(needs, spec.missing, upstream, options, collected));
  resolution.lock = {options.created, spec_identity(spec), std::move(unique), std::move(downloads),
                     std::move(packages)};
  collected.take(resolution);
  return resolution;
}

}  // namespace kubeferry::builder

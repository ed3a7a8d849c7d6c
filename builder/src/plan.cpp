// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/builder/plan.hpp>

#include <algorithm>
#include <set>
#include <span>
#include <unordered_map>

#include <kubeferry/archive/raw_frame.hpp>
#include <kubeferry/base/json.hpp>
#include <kubeferry/bundle/encoding.hpp>
#include <kubeferry/catalog/cni_manifest.hpp>
#include <kubeferry/oci/layout.hpp>
#include <kubeferry/packages/repository.hpp>

#include "manifest_reference.hpp"
#include "node_artifacts.hpp"

namespace kubeferry::builder {

namespace {

/// The oldest kubeferry that reads what this one writes, as long as there is nothing in it that came later.
constexpr std::string_view k_minimum_tool = "0.1.0";
/// Older ones pass over the spec's manifests, and a cluster would lack them without a word.
constexpr std::string_view k_applies_manifests_since = "0.2.0";

class Planner {
public:
  explicit Planner(const PlanInputs& inputs) : in_(inputs) {}

  Result<BuildPlan> make() {
    identify();
    // The layout's own two files come first; index.json is filled in when everything it names is known.
    add_known(to_bytes(oci::k_layout_text), std::string(oci::k_layout_file));
    plan_.write.rows.emplace_back();
    add_document("spec", "spec.yaml", "application/yaml", to_bytes(in_.spec_text));
    add_document("lock", "lock.json", "application/json", to_bytes(to_text(in_.lock)));
    KF_TRY(add_cni());
    KF_TRY(add_manifests());
    KF_TRY(add_images());
    add_artifacts();
    KF_TRY(add_packages());
    fill_index();
    plan_.write.fixed = plan_.write.rows.size();
    add_files();
    return std::move(plan_);
  }

private:
  bundle::Manifest& manifest() { return plan_.write.manifest; }

  void identify() {
    bundle::Manifest& m = manifest();
    m.name = in_.spec.name;
    m.version = in_.spec.version;
    m.stream = in_.spec.stream;
    m.created = in_.lock.created;
    // Without a number of its own, a bundle is as new as its lock: later locks replace earlier ones.
    m.sequence = in_.spec.sequence.value_or(static_cast<std::uint64_t>(in_.lock.created.time_since_epoch().count()));
    m.not_after = in_.spec.not_after;
    m.audience = in_.spec.audience;
    m.minimum_tool = minimum_tool();
    m.kubernetes = in_.spec.kubernetes ? in_.spec.kubernetes->version.to_string() : "";
    m.platforms = in_.spec.platforms;
    if (in_.spec.compression) {
      plan_.write.level = static_cast<int>(*in_.spec.compression);
    }
  }

  /// Adds a raw row unless its content is there already; returns whether it is new.
  bool add_raw(const crypto::Digest& digest, std::uint64_t size, std::string name = {}) {
    if (name.empty() && !held_.insert(digest).second) {
      return false;
    }
    bundle::BlobRow row;
    row.digest = digest;
    row.size = size;
    row.stored = size == 0 ? 0 : archive::raw_stored_bytes(size);
    row.encoding = bundle::k_raw;
    row.name = std::move(name);
    plan_.write.rows.push_back(std::move(row));
    return true;
  }

  void add_known(Bytes content, std::string name = {}) {
    if (add_raw(crypto::Digest::of(content), content.size(), std::move(name))) {
      plan_.write.known.emplace(plan_.write.rows.size() - 1, std::move(content));
    }
  }

  void add_document(std::string kind, std::string name, std::string media_type, Bytes content) {
    manifest().documents.push_back(
        {std::move(kind), std::move(name), std::move(media_type), crypto::Digest::of(content)});
    add_known(std::move(content));
  }

  void add_from_registry(const oci::Reference& from, const oci::Descriptor& descriptor, bool is_manifest) {
    if (!add_raw(descriptor.digest, descriptor.size)) {
      return;
    }
    const std::size_t row = plan_.write.rows.size() - 1;
    if (const auto document = in_.documents.find(descriptor.digest); document != in_.documents.end()) {
      plan_.write.known.emplace(row, document->second);
    } else {
      plan_.blobs.push_back({row, from, descriptor, is_manifest});
    }
  }

  Status add_cni() {
    std::string name;
    std::string original;
    for (const auto& download : in_.lock.downloads) {
      if (download.kind != "manifest") {
        continue;
      }
      KF_TRY_ASSIGN(const std::string_view text, text_of(download));
      // A network of several files is applied as one, in their order.
      if (!original.empty()) {
        original += original.ends_with('\n') ? "---\n" : "\n---\n";
      }
      name = download.name;
      original += text;
    }
    if (name.empty()) {
      return {};
    }
    catalog::ManifestRewrite rewrite;
    rewrite.pod_cidr = in_.spec.cni ? in_.spec.cni->pod_cidr : std::vector<std::string>{};
    rewrite.pod_cidr_location = in_.pod_cidr_location;
    KF_TRY_ASSIGN(rewrite.images, fixed_references(original, name, in_.cni_images));
    KF_TRY_ASSIGN(const auto rewritten, catalog::rewrite_manifest(original, rewrite, name));
    add_document("cni-manifest-original", name + ".original.yaml", "application/yaml", to_bytes(original));
    add_document("cni-manifest", name + ".yaml", "application/yaml", to_bytes(rewritten.text));
    add_document("cni-changes", name + ".changes.json", "application/json", changes_text(rewritten.changes));
    return {};
  }

  std::string_view minimum_tool() const {
    if (!in_.lock.packages.empty()) {
      return bundle::k_packages_since;
    }
    const bool applies = std::ranges::any_of(in_.spec.manifests, [](const auto& manifest) { return manifest.apply; });
    return applies ? k_applies_manifests_since : k_minimum_tool;
  }

  Result<std::string_view> text_of(const LockedDownload& manifest) const {
    const auto document = in_.documents.find(manifest.digest);
    if (document == in_.documents.end()) {
      return fail(ExitCode::bug, "the manifest {} is not at hand", manifest.digest.to_string());
    }
    return as_text(document->second);
  }

  /// The spec's own, each by itself: what is applied, what was given, and what is different.
  Status add_manifests() {
    for (const auto& wanted : in_.spec.manifests) {
      const auto locked = std::ranges::find_if(in_.lock.downloads, [&](const LockedDownload& download) {
        return download.kind == "extra-manifest" && download.name == wanted.name;
      });
      if (locked == in_.lock.downloads.end()) {
        return fail(ExitCode::bug, "the manifest {} is not in the lock", wanted.name);
      }
      KF_TRY_ASSIGN(const std::string_view original, text_of(*locked));
      catalog::ManifestRewrite rewrite;
      KF_TRY_ASSIGN(rewrite.images, fixed_references(original, wanted.name, {}));
      KF_TRY_ASSIGN(const auto rewritten, catalog::rewrite_manifest(original, rewrite, wanted.name));
      add_document("manifest-original", wanted.name + ".original.yaml", "application/yaml", to_bytes(original));
      add_document(wanted.apply ? "manifest" : "manifest-carried", wanted.name + ".yaml", "application/yaml",
                   to_bytes(rewritten.text));
      add_document("manifest-changes", wanted.name + ".changes.json", "application/json",
                   changes_text(rewritten.changes));
    }
    return {};
  }

  /// References without a tag, or with one that moves, are fixed to what was locked.
  Result<std::map<std::string, std::string>> fixed_references(std::string_view text, const std::string& what,
                                                              std::span<const std::string> release) {
    std::map<std::string, std::string> fixed;
    KF_TRY_ASSIGN(const auto found, catalog::found_images(text, what));
    for (const auto& named : found) {
      const std::string& written = named.reference;
      KF_TRY_ASSIGN(const oci::Reference reference, oci::Reference::parse(written));
      if (named.in == catalog::ImageIn::doubtful || !is_moving(reference)) {
        continue;
      }
      KF_TRY_ASSIGN(const oci::Reference meant, meant_image(written, release));
      const auto locked = std::find_if(in_.lock.images.begin(), in_.lock.images.end(),
                                       [&](const LockedImage& image) { return image.reference == meant.to_string(); });
      if (locked != in_.lock.images.end()) {
        fixed.emplace(written, is_moving(meant)
                                   ? fmt::format("{}@{}", meant.name(), locked->descriptor.digest.to_string())
                                   : meant.to_string());
      }
    }
    return fixed;
  }

  static Bytes changes_text(const std::vector<catalog::ManifestChange>& changes) {
    Json out = Json::array();
    for (const auto& change : changes) {
      Json item;
      item.set("line", change.line);
      item.set("field", change.field);
      item.set("before", change.before);
      item.set("after", change.after);
      out.push(std::move(item));
    }
    return to_bytes(to_text(out, JsonStyle::indented));
  }

  /// Indexes, manifests and configurations before all layers: a reader of the images' shape finds it in a few chunks.
  Status add_images() {
    std::vector<oci::Reference> from;
    for (const auto& image : in_.lock.images) {
      KF_TRY_ASSIGN(oci::Reference reference, oci::Reference::parse(image.reference));
      add_from_registry(reference, image.descriptor, true);
      bundle::ImageRow row{image.reference, image.descriptor, {}, image.omitted};
      for (const auto& part : image.manifests) {
        add_from_registry(reference, part.descriptor, true);
        add_from_registry(reference, part.config, false);
        row.manifests.push_back({part.platform, part.descriptor});
      }
      entries_.push_back({image.descriptor, image.reference});
      manifest().images.push_back(std::move(row));
      from.push_back(std::move(reference));
    }
    for (std::size_t n = 0; n < from.size(); ++n) {
      for (const auto& part : in_.lock.images[n].manifests) {
        for (const auto& layer : part.layers) {
          add_from_registry(from[n], layer, false);
        }
      }
    }
    return {};
  }

  /// Later files win over earlier ones at the same place: a spec's own files come after the catalog's.
  void add_artifacts() {
    std::map<std::pair<std::string, std::string>, bundle::FileRow> files;
    for (const auto& download : in_.lock.downloads) {
      for (const auto& file : download.files) {
        for (const auto& platform : file.platforms) {
          files[{platform, file.path}] = {file.digest,   platform,
                                          file.path,     file.mode,
                                          download.name, download.url.empty() ? download.source : download.url};
          sizes_[file.digest] = file.size;
        }
      }
    }
    for (auto& [place, file] : files) {
      manifest().files.push_back(std::move(file));
    }
    for (auto& artifact : node_artifacts(manifest(), sizes_)) {
      for (auto& content : artifact.contents) {
        add_known(std::move(content));
      }
      entries_.push_back({artifact.row.descriptor, ""});
      manifest().artifacts.push_back(std::move(artifact.row));
    }
  }

  /// A package that several platforms have in common is one row.
  Status add_packages() {
    for (const LockedRepository& locked : in_.lock.packages) {
      bundle::PackageRepository repository;
      repository.name = locked.name;
      repository.format = packages::to_string(locked.format);
      repository.platform = locked.platform;
      repository.distribution = locked.distribution;
      repository.distribution_version = locked.version;
      repository.install = locked.install;
      std::vector<packages::Package> carried;
      for (const LockedPackage& one : locked.packages) {
        const packages::Package& package = one.package;
        if (add_raw(package.digest, package.size)) {
          plan_.blobs.push_back({.row = plan_.write.rows.size() - 1,
                                 .from = {},
                                 .descriptor = {.media_type = "", .digest = package.digest, .size = package.size},
                                 .url = one.url});
        }
        repository.files.push_back({packages::carried_path(locked.format, package.location), package.digest, one.url});
        carried.push_back(package);
      }
      KF_TRY_ASSIGN(auto made, packages::repository_files(
                                   {locked.format, locked.name, locked.architecture, in_.lock.created}, carried));
      for (packages::MadeFile& file : made) {
        Bytes content = to_bytes(file.content);
        repository.files.push_back({std::move(file.path), crypto::Digest::of(content), ""});
        add_known(std::move(content));
      }
      manifest().packages.push_back(std::move(repository));
    }
    return {};
  }

  void fill_index() {
    Bytes text = to_bytes(oci::index_json(entries_));
    bundle::BlobRow& row = plan_.write.rows[1];
    row.digest = crypto::Digest::of(text);
    row.size = text.size();
    row.stored = archive::raw_stored_bytes(row.size);
    row.encoding = bundle::k_raw;
    row.name = oci::k_index_file;
    plan_.write.known.emplace(1, std::move(text));
  }

  void add_files() {
    std::set<crypto::Digest> wanted;
    for (const auto& file : manifest().files) {
      wanted.insert(file.digest);
    }
    for (std::size_t d = 0; d < in_.lock.downloads.size(); ++d) {
      FileTask task{d, {}};
      const auto& files = in_.lock.downloads[d].files;
      for (std::size_t f = 0; f < files.size(); ++f) {
        if (!wanted.contains(files[f].digest) || !held_.insert(files[f].digest).second) {
          continue;
        }
        task.rows.push_back({plan_.write.rows.size(), f});
        bundle::BlobRow row;
        row.digest = files[f].digest;
        row.size = files[f].size;
        row.encoding = bundle::k_zstd;
        plan_.write.rows.push_back(std::move(row));
      }
      if (!task.rows.empty()) {
        plan_.files.push_back(std::move(task));
      }
    }
  }

  const PlanInputs& in_;
  BuildPlan plan_;
  std::set<crypto::Digest> held_;
  std::map<crypto::Digest, std::uint64_t> sizes_;
  std::vector<oci::LayoutEntry> entries_;
};

}  // namespace

Result<BuildPlan> make_plan(const PlanInputs& inputs) { return Planner(inputs).make(); }

}  // namespace kubeferry::builder

// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>

#include <kubeferry/base/fd.hpp>
#include <kubeferry/base/node_path.hpp>
#include <kubeferry/base/text.hpp>

#include "apis_load.hpp"
#include "availability.hpp"
#include "cni_load.hpp"
#include "distribution_load.hpp"
#include "embedded.hpp"
#include "spec_fields.hpp"
#include "yaml_reader.hpp"

namespace kubeferry::catalog {

namespace {

constexpr std::uint64_t k_max_catalog_bytes = std::uint64_t{4} << 20;

Result<Availability> read_availability(const YamlReader& parent) {
  KF_TRY_ASSIGN(const YamlReader reader, parent.member("architectures"));
  KF_TRY_ASSIGN(const auto members, reader.members());
  Availability availability;
  for (const auto& [architecture, value] : members) {
    KF_TRY(value.here(parse_platform(architecture)));
    KF_TRY_ASSIGN(const std::string bound, value.text());
    if (!is_bound(bound)) {
      return value.wrong("must be any, or a bound such as \"<= 1.26.15\"");
    }
    availability.emplace(architecture, bound);
  }
  return availability;
}

/// "9-17".
Status read_range(const YamlReader& reader, PatchRow& row) {
  KF_TRY_ASSIGN(const std::string text, reader.scalar());
  const char* end = text.data() + text.size();
  const auto first = std::from_chars(text.data(), end, row.first);
  if (first.ec == std::errc{} && first.ptr != end && *first.ptr == '-') {
    const auto last = std::from_chars(first.ptr + 1, end, row.last);
    if (last.ec == std::errc{} && last.ptr == end && row.first <= row.last) {
      return {};
    }
  }
  return reader.wrong("must be a range of patch releases, as in 9-17");
}

Result<PatchRow> read_patch_row(const YamlReader& reader, std::uint32_t expected_first) {
  KF_TRY(reader.only({"patches", "registry", "coredns", "etcd", "pause", "prerelease"}));
  PatchRow row;
  KF_TRY_ASSIGN(const YamlReader range, reader.member("patches"));
  KF_TRY(read_range(range, row));
  if (row.first != expected_first) {
    return range.wrong(fmt::format("must start at {}, so that no patch is left out or there twice", expected_first));
  }
  KF_TRY_ASSIGN(row.registry, reader.text("registry"));
  KF_TRY_ASSIGN(row.coredns, reader.text("coredns"));
  KF_TRY_ASSIGN(row.etcd, reader.text("etcd"));
  KF_TRY_ASSIGN(row.pause, reader.text("pause"));
  KF_TRY_ASSIGN(row.prerelease, reader.text_or("prerelease", ""));
  for (const std::string& tag : {row.coredns, row.etcd, row.pause}) {
    KF_TRY(reader.here(check_image(row.registry + "/image:" + tag)));
  }
  return row;
}

Result<MinorRelease> read_minor(const YamlReader& reader) {
  KF_TRY(reader.only({"minor", "kubeadmApi", "coredns", "pairs", "patches"}));
  MinorRelease release;
  KF_TRY_ASSIGN(const YamlReader number, reader.member("minor"));
  KF_TRY_ASSIGN(const std::uint64_t minor, number.integer(0, 999));
  release.minor = static_cast<std::uint32_t>(minor);
  KF_TRY_ASSIGN(release.coredns_name, reader.text("coredns"));
  KF_TRY_ASSIGN(release.kubeadm_api, reader.texts("kubeadmApi"));
  KF_TRY_ASSIGN(const YamlReader pairs, reader.member("pairs"));
  KF_TRY_ASSIGN(const auto members, pairs.members());
  for (const auto& [name, value] : members) {
    KF_TRY_ASSIGN(release.pairs[name], value.text());
    KF_TRY(value.here(check_name(release.pairs[name])));
  }
  KF_TRY_ASSIGN(const YamlReader patches, reader.member("patches"));
  KF_TRY_ASSIGN(const auto rows, patches.elements());
  if (rows.empty() || release.kubeadm_api.empty()) {
    return reader.wrong("needs patches and kubeadmApi");
  }
  for (const YamlReader& row : rows) {
    const std::uint32_t first = release.patches.empty() ? 0 : release.patches.back().last + 1;
    KF_TRY_ASSIGN(release.patches.emplace_back(), read_patch_row(row, first));
  }
  return release;
}

Status read_kubernetes_file(const YamlReader& root, Catalog& catalog) {
  KF_TRY(root.only({"apiVersion", "kind", "images", "minors"}));
  KF_TRY_ASSIGN(const YamlReader images, root.member("images"));
  KF_TRY_ASSIGN(const auto members, images.members());
  for (const auto& [name, value] : members) {
    KF_TRY(value.only({"architectures", "byImage"}));
    ImageAvailability& image = catalog.images[name];
    KF_TRY_ASSIGN(image.architectures, read_availability(value));
    if (const auto by_image = value.optional_member("byImage")) {
      KF_TRY_ASSIGN(const bool own, by_image->boolean());
      image.by_kubernetes = !own;
    }
  }
  for (const std::string_view name :
       {"kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy", "coredns", "pause", "etcd"}) {
    KF_TRY(images.member(name));
  }
  KF_TRY_ASSIGN(const YamlReader minors, root.member("minors"));
  KF_TRY_ASSIGN(const auto rows, minors.elements());
  for (const YamlReader& row : rows) {
    KF_TRY_ASSIGN(MinorRelease release, read_minor(row));
    if (!catalog.minors.empty() && release.minor != catalog.minors.back().minor + 1) {
      return row.wrong(fmt::format("minor {} must follow {}", release.minor, catalog.minors.back().minor));
    }
    catalog.minors.push_back(std::move(release));
  }
  return catalog.minors.empty() ? Status(minors.wrong("must not be empty")) : Status();
}

Result<std::uint32_t> read_mode(const YamlReader& reader) {
  KF_TRY_ASSIGN(const YamlReader mode, reader.member("mode"));
  KF_TRY_ASSIGN(const std::string text, mode.text());
  return mode.here(parse_mode(text));
}

Result<MemberRule> read_member_rule(const YamlReader& reader) {
  KF_TRY(reader.only({"from", "to", "mode", "except"}));
  MemberRule rule;
  KF_TRY_ASSIGN(rule.from, reader.text("from"));
  KF_TRY_ASSIGN(const YamlReader to, reader.member("to"));
  KF_TRY_ASSIGN(rule.to, to.text());
  KF_TRY(to.here(check_node_path(rule.to.ends_with('/') ? rule.to + "x" : rule.to)));
  if (rule.to.ends_with('/') != rule.from.ends_with('*')) {
    return to.wrong("must end in / exactly when from ends in *");
  }
  KF_TRY_ASSIGN(rule.mode, read_mode(reader));
  KF_TRY_ASSIGN(rule.except, reader.texts("except"));
  return rule;
}

Result<ChecksumStyle> read_style(const YamlReader& reader) {
  KF_TRY_ASSIGN(const std::string text, reader.text());
  for (const ChecksumStyle style : {ChecksumStyle::none, ChecksumStyle::bare, ChecksumStyle::named, ChecksumStyle::sums,
                                    ChecksumStyle::clearsigned}) {
    if (text == to_string(style)) {
      return style;
    }
  }
  return reader.wrong("must be none, bare, named, sums or clearsigned");
}

Result<Artifact> read_artifact(const YamlReader& reader) {
  KF_TRY(reader.only({"name", "kind", "url", "checksum", "path", "mode", "members", "required", "architectures"}));
  Artifact artifact;
  KF_TRY_ASSIGN(artifact.name, reader.text("name"));
  KF_TRY_ASSIGN(artifact.url, reader.text("url"));
  KF_TRY_ASSIGN(artifact.architectures, read_availability(reader));
  KF_TRY_ASSIGN(const YamlReader checksum, reader.member("checksum"));
  KF_TRY(checksum.only({"style", "url"}));
  KF_TRY_ASSIGN(const YamlReader style, checksum.member("style"));
  KF_TRY_ASSIGN(artifact.checksum, read_style(style));
  KF_TRY_ASSIGN(artifact.checksum_url, checksum.text_or("url", ""));
  if (artifact.checksum_url.empty() != (artifact.checksum == ChecksumStyle::none)) {
    return checksum.wrong("needs a url exactly when its style is not none");
  }
  if (const auto required = reader.optional_member("required")) {
    KF_TRY_ASSIGN(artifact.required, required->boolean());
  }
  KF_TRY_ASSIGN(const YamlReader kind, reader.member("kind"));
  KF_TRY_ASSIGN(const std::string kind_text, kind.text());
  if (kind_text == "binary") {
    artifact.kind = ArtifactKind::binary;
    KF_TRY_ASSIGN(const YamlReader path, reader.member("path"));
    KF_TRY_ASSIGN(artifact.path, path.text());
    KF_TRY(path.here(check_node_path(artifact.path)));
    KF_TRY_ASSIGN(artifact.mode, read_mode(reader));
    return artifact;
  }
  if (kind_text != "archive") {
    return kind.wrong("must be binary or archive");
  }
  artifact.kind = ArtifactKind::archive;
  KF_TRY_ASSIGN(const YamlReader members, reader.member("members"));
  KF_TRY_ASSIGN(const auto rules, members.elements());
  for (const YamlReader& rule : rules) {
    KF_TRY_ASSIGN(artifact.members.emplace_back(), read_member_rule(rule));
  }
  return artifact;
}

Status read_artifacts_file(const YamlReader& root, Catalog& catalog) {
  KF_TRY(root.only({"apiVersion", "kind", "artifacts"}));
  KF_TRY_ASSIGN(const YamlReader artifacts, root.member("artifacts"));
  KF_TRY_ASSIGN(const auto rows, artifacts.elements());
  for (const YamlReader& row : rows) {
    KF_TRY_ASSIGN(catalog.artifacts.emplace_back(), read_artifact(row));
  }
  return {};
}

Status read_catalog_file(std::string_view text, std::string_view name, Catalog& catalog) {
  KF_TRY_ASSIGN(const auto documents, parse_yaml(text, name, {.bytes = k_max_catalog_bytes}, ExitCode::usage));
  if (documents.size() != 1) {
    return fail(ExitCode::usage, "{}: holds {} YAML documents, must be one", name, documents.size());
  }
  const YamlReader root(documents.front(), name);
  KF_TRY_ASSIGN(const YamlReader api, root.member("apiVersion"));
  KF_TRY_ASSIGN(const std::string version, api.text());
  if (version != "kubeferry/catalog-v1") {
    return api.wrong("must be kubeferry/catalog-v1", "this program is too old for that catalog, or the file is none");
  }
  KF_TRY_ASSIGN(const YamlReader kind_reader, root.member("kind"));
  KF_TRY_ASSIGN(const std::string kind, kind_reader.text());
  if (kind == "Kubernetes" && catalog.minors.empty()) {
    return read_kubernetes_file(root, catalog);
  }
  if (kind == "Artifacts" && catalog.artifacts.empty()) {
    return read_artifacts_file(root, catalog);
  }
  if (kind == "Apis" && catalog.apis.empty()) {
    KF_TRY_ASSIGN(catalog.apis, read_apis_file(root));
    return {};
  }
  if (kind == "Cni") {
    KF_TRY_ASSIGN(Cni cni, read_cni_file(root));
    catalog.cnis.push_back(std::move(cni));
    return {};
  }
  if (kind == "Distribution") {
    KF_TRY_ASSIGN(Distribution distribution, read_distribution_file(root));
    catalog.distributions.push_back(std::move(distribution));
    return {};
  }
  return kind_reader.wrong("must be Kubernetes, Artifacts, Apis (each in one file), Cni or Distribution");
}

/// Appends the .yaml files of a folder, sorted: a folder has no order, a catalog does.
Status add_files_of(const std::filesystem::path& folder, std::vector<std::filesystem::path>& files) {
  std::error_code error;
  std::filesystem::directory_iterator entries(folder, error);
  const auto first = static_cast<std::ptrdiff_t>(files.size());
  for (; !error && entries != std::filesystem::directory_iterator(); entries.increment(error)) {
    if (entries->path().extension() == ".yaml") {
      files.push_back(entries->path());
    }
  }
  if (error) {
    return fail_errno(error.value(), folder.string());
  }
  std::sort(files.begin() + first, files.end());
  return {};
}

/// A pair for something that is no artifact would be a version nobody uses.
Status check_pairs(const Catalog& catalog) {
  for (const MinorRelease& release : catalog.minors) {
    for (const auto& pair : release.pairs) {
      if (std::ranges::find(catalog.artifacts, pair.first, &Artifact::name) == catalog.artifacts.end()) {
        return fail(ExitCode::usage, "catalog: 1.{} pairs with {}, which is no artifact", release.minor, pair.first);
      }
    }
  }
  return {};
}

}  // namespace

Result<Catalog> Catalog::builtin() {
  Catalog catalog;
  Status status;
  for (const EmbeddedFile& file : embedded_files()) {
    status = status ? read_catalog_file(file.content, file.name, catalog) : std::move(status);
  }
  status = status ? check_pairs(catalog) : std::move(status);
  if (!status) {
    return fail(ExitCode::bug, "built-in catalog: {}", status.error().message);
  }
  return catalog;
}

Result<Catalog> Catalog::load(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files = {folder / "kubernetes.yaml", folder / "artifacts.yaml",
                                              folder / "apis.yaml"};
  KF_TRY(add_files_of(folder / "cni", files));
  // Catalogs from before there was the folder are whole without it.
  std::error_code ignored;
  if (std::filesystem::exists(folder / "packages", ignored)) {
    KF_TRY(add_files_of(folder / "packages", files));
  }
  Catalog catalog;
  for (const auto& file : files) {
    KF_TRY_ASSIGN(const std::string text, read_file(file, k_max_catalog_bytes));
    KF_TRY(read_catalog_file(text, printable(file.string()), catalog));
  }
  KF_TRY(check_pairs(catalog));
  return catalog;
}

}  // namespace kubeferry::catalog

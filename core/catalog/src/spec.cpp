// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/catalog/spec.hpp>

#include <algorithm>
#include <set>

#include <kubeferry/base/fd.hpp>
#include <kubeferry/base/text.hpp>

#include "spec_fields.hpp"
#include "spec_packages.hpp"
#include "spec_parts.hpp"

namespace kubeferry::catalog {

namespace {

/// Whether some line says "apiVersion", outside a comment: then it is meant to be YAML.
bool is_yaml_spec(std::string_view text) {
  return std::ranges::any_of(split(text, '\n'), [](std::string_view line) {
    return line.substr(0, line.find('#')).find("apiVersion") != std::string_view::npos;
  });
}

/// yaml-cpp takes some indenting tabs and misreads others.
Status check_tabs(std::string_view text, std::string_view file) {
  std::size_t number = 0;
  for (const std::string_view line : split(text, '\n')) {
    ++number;
    const auto first = line.find_first_not_of(' ');
    if (first != std::string_view::npos && line[first] == '\t') {
      return fail(ExitCode::usage, "{}:{}:{}: a tab; YAML is indented with spaces", file, number, first + 1);
    }
  }
  return {};
}

Status check_value(const YamlReader& root, std::string_view key, std::string_view wanted) {
  KF_TRY_ASSIGN(const YamlReader member, root.member(key));
  KF_TRY_ASSIGN(const std::string value, member.text());
  if (value != wanted) {
    return member.wrong(fmt::format("must be {}, is \"{}\"", wanted, printable(value)));
  }
  return {};
}

Status read_identity(const YamlReader& root, Spec& spec) {
  const auto name = [&](std::string_view key, std::string& target) -> Status {
    KF_TRY_ASSIGN(const YamlReader member, root.member(key));
    KF_TRY_ASSIGN(target, member.text());
    return member.here(check_name(target));
  };
  KF_TRY(name("name", spec.name));
  KF_TRY(name("version", spec.version));
  spec.stream = spec.name;
  if (root.optional_member("stream")) {
    KF_TRY(name("stream", spec.stream));
  }
  if (root.optional_member("audience")) {
    KF_TRY(name("audience", spec.audience));
  }
  if (const auto sequence = root.optional_member("sequence")) {
    constexpr std::uint64_t k_max_sequence = (std::uint64_t{1} << 53) - 1;
    KF_TRY_ASSIGN(spec.sequence, sequence->integer(1, k_max_sequence));
  }
  if (const auto not_after = root.optional_member("notAfter")) {
    KF_TRY_ASSIGN(const std::string text, not_after->scalar());
    const auto time = parse_rfc3339(text);
    if (!time) {
      return not_after->wrong("must be a time in UTC, as in 2027-01-31T00:00:00Z");
    }
    spec.not_after = *time;
  }
  return {};
}

Result<Missing> read_missing(const YamlReader& reader) {
  const Result<std::string> text = reader.text();
  if (text && *text == "skip") {
    return Missing::skip;
  }
  if (text && *text == "fail") {
    return Missing::fail;
  }
  return reader.wrong("must be fail or skip");
}

Status read_options(const YamlReader& root, Spec& spec) {
  if (const auto missing = root.optional_member("missing")) {
    KF_TRY_ASSIGN(spec.missing, read_missing(*missing));
  }
  if (const auto level = root.optional_member("compressionLevel")) {
    KF_TRY_ASSIGN(const std::uint64_t value, level->integer(1, 19));
    spec.compression = static_cast<std::uint32_t>(value);
  }
  return {};
}

/// Two files must not want the same path on the same platform, and a file's platforms must be the bundle's.
Status check_files(const YamlReader& reader, const Spec& spec) {
  KF_TRY_ASSIGN(const auto rows, reader.elements());
  std::set<std::pair<std::string, std::string>> taken;
  for (std::size_t i = 0; i < spec.files.size(); ++i) {
    const FileSpec& file = spec.files[i];
    for (const std::string& platform : file.platforms.empty() ? spec.platforms : file.platforms) {
      if (std::ranges::find(spec.platforms, platform) == spec.platforms.end()) {
        return rows[i].wrong(fmt::format("{} is none of the bundle's platforms", platform));
      }
      if (!taken.emplace(platform, file.path).second) {
        return rows[i].wrong(fmt::format("{} on {} is there twice", file.path, platform));
      }
    }
  }
  return {};
}

Result<Spec> read_spec(const YamlReader& root, const std::filesystem::path& file) {
  KF_TRY(root.only({"apiVersion", "kind", "name", "version", "stream", "sequence", "notAfter", "audience", "platforms",
                    "kubernetes", "cni", "images", "manifests", "files", "packages", "kubeferry", "missing",
                    "upstreams", "compressionLevel"}));
  KF_TRY(check_value(root, "apiVersion", "kubeferry/v1"));
  KF_TRY(check_value(root, "kind", "Bundle"));
  const SpecContext context{file};
  Spec spec;
  KF_TRY(read_identity(root, spec));
  KF_TRY(read_options(root, spec));
  KF_TRY_ASSIGN(const YamlReader platforms, root.member("platforms"));
  KF_TRY_ASSIGN(spec.platforms, read_platforms(platforms));
  if (const auto kubernetes = root.optional_member("kubernetes")) {
    KF_TRY_ASSIGN(spec.kubernetes, read_kubernetes(*kubernetes));
  }
  if (const auto cni = root.optional_member("cni")) {
    KF_TRY_ASSIGN(spec.cni, read_cni(*cni, context));
  }
  if (const auto images = root.optional_member("images")) {
    KF_TRY_ASSIGN(spec.images, read_images(*images));
  }
  if (const auto manifests = root.optional_member("manifests")) {
    KF_TRY_ASSIGN(spec.manifests, read_manifests(*manifests, context));
    // Both are files of one folder when they are extracted.
    if (spec.cni && std::ranges::find(spec.manifests, spec.cni->name, &ManifestSpec::name) != spec.manifests.end()) {
      return manifests->wrong(fmt::format("{} is what the pod network is called", spec.cni->name),
                              "give the manifest another name");
    }
  }
  if (const auto files = root.optional_member("files")) {
    KF_TRY_ASSIGN(const auto rows, files->elements());
    for (const YamlReader& row : rows) {
      KF_TRY_ASSIGN(spec.files.emplace_back(), read_file_spec(row, context));
    }
    KF_TRY(check_files(*files, spec));
  }
  if (const auto packages = root.optional_member("packages")) {
    KF_TRY_ASSIGN(spec.packages, read_packages(*packages, context));
  }
  if (const auto program = root.optional_member("kubeferry")) {
    KF_TRY_ASSIGN(spec.program, read_program(*program, spec.platforms, context));
  }
  if (const auto upstreams = root.optional_member("upstreams")) {
    KF_TRY_ASSIGN(spec.upstreams, read_upstreams(*upstreams, context));
  }
  if (!spec.kubernetes && !spec.cni && spec.images.empty() && spec.manifests.empty() && spec.files.empty() &&
      spec.packages.empty()) {
    return root.wrong("asks for nothing", "add kubernetes, cni, images, manifests, files or packages");
  }
  return spec;
}

}  // namespace

Result<Spec> parse_spec(std::string_view text, const std::filesystem::path& file) {
  const std::string name = printable(file.string());
  if (text.size() <= k_max_spec_bytes && text.find('\0') == std::string_view::npos && !is_yaml_spec(text)) {
    return parse_image_list(text, file);
  }
  KF_TRY(check_tabs(text.substr(0, k_max_spec_bytes), name));
  KF_TRY_ASSIGN(const auto documents,
                parse_yaml(text, name, {.bytes = k_max_spec_bytes, .depth = 32}, ExitCode::usage));
  if (documents.size() != 1) {
    return fail(ExitCode::usage, "{}: holds {} YAML documents, must be one", name, documents.size());
  }
  return read_spec(YamlReader(documents.front(), name), file);
}

Result<Spec> load_spec(const std::filesystem::path& file) {
  KF_TRY_ASSIGN(const std::string text, read_file(file, k_max_spec_bytes));
  return parse_spec(text, file);
}

}  // namespace kubeferry::catalog

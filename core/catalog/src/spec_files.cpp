// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/base/node_path.hpp>

#include "spec_fields.hpp"
#include "spec_parts.hpp"

namespace kubeferry::catalog {

namespace {

/// `url` or `file`: where the bytes come from. A URL without a hash would be whatever somebody serves that day.
Status read_origin(const YamlReader& reader, const SpecContext& context, FileSpec& file) {
  const auto url = reader.optional_member("url");
  const auto local = reader.optional_member("file");
  if (url.has_value() == local.has_value()) {
    return reader.wrong("needs either url or file", "file is a path on this machine; path is where it goes on nodes");
  }
  if (const auto hash = reader.optional_member("sha256")) {
    KF_TRY_ASSIGN(file.sha256, hash->scalar());
    KF_TRY(hash->here(check_sha256(file.sha256)));
  }
  if (local) {
    KF_TRY_ASSIGN(const std::string text, local->text());
    KF_TRY_ASSIGN(file.source, local->here(resolve_path(text, context.file)));
    return {};
  }
  KF_TRY_ASSIGN(file.url, url->text());
  KF_TRY(url->here(check_url(file.url)));
  if (file.sha256.empty()) {
    return reader.wrong("the key \"sha256\" is missing", "a file from a URL needs one; sha256sum prints it");
  }
  return {};
}

}  // namespace

Result<FileSpec> read_file_spec(const YamlReader& reader, const SpecContext& context) {
  KF_TRY(reader.only({"url", "file", "sha256", "platform", "platforms", "path", "mode"}));
  FileSpec file;
  file.line = static_cast<int>(reader.line());
  KF_TRY(read_origin(reader, context, file));
  KF_TRY_ASSIGN(const YamlReader path, reader.member("path"));
  KF_TRY_ASSIGN(file.path, path.text());
  KF_TRY(path.here(check_node_path(file.path)));
  if (const auto mode = reader.optional_member("mode")) {
    if (mode->is_scalar() && mode->node().plain) {
      return mode->wrong("must be in quotes; unquoted, YAML readers disagree whether it is octal",
                         "write mode: \"0755\"");
    }
    KF_TRY_ASSIGN(const std::string text, mode->text());
    KF_TRY_ASSIGN(file.mode, mode->here(parse_mode(text)));
  }
  const auto one = reader.optional_member("platform");
  const auto many = reader.optional_member("platforms");
  if (one && many) {
    return reader.wrong("has both platform and platforms");
  }
  if (one) {
    KF_TRY_ASSIGN(const std::string text, one->text());
    KF_TRY_ASSIGN(file.platforms.emplace_back(), one->here(parse_platform(text)));
  }
  if (many) {
    KF_TRY_ASSIGN(file.platforms, read_platforms(*many));
  }
  return file;
}

}  // namespace kubeferry::catalog

// SPDX-License-Identifier: Apache-2.0
#include "apis_load.hpp"

namespace kubeferry::catalog {

namespace {

Result<std::uint32_t> read_minor_number(const YamlReader& reader) {
  KF_TRY_ASSIGN(const std::uint64_t minor, reader.integer(0, 999));
  return static_cast<std::uint32_t>(minor);
}

Result<ServedApi> read_api(const YamlReader& reader) {
  KF_TRY(reader.only({"group", "version", "kinds", "servedSince", "servedUntil", "plannedUntil", "offByDefault"}));
  ServedApi api;
  KF_TRY_ASSIGN(const YamlReader group, reader.member("group"));
  KF_TRY_ASSIGN(api.group, group.scalar());
  if (!api.group.empty()) {
    KF_TRY(group.text());
  }
  KF_TRY_ASSIGN(api.version, reader.text("version"));
  KF_TRY_ASSIGN(api.kinds, reader.texts("kinds"));
  KF_TRY_ASSIGN(const YamlReader since, reader.member("servedSince"));
  KF_TRY_ASSIGN(api.since, read_minor_number(since));
  if (const auto until = reader.optional_member("servedUntil")) {
    KF_TRY_ASSIGN(api.until, read_minor_number(*until));
  }
  // A plan is no fact: what it says is for people.
  if (const auto planned = reader.optional_member("plannedUntil")) {
    KF_TRY(read_minor_number(*planned));
  }
  if (const auto off = reader.optional_member("offByDefault")) {
    KF_TRY_ASSIGN(api.off_by_default, off->boolean());
  }
  if (api.kinds.empty() || (api.until && *api.until < api.since)) {
    return reader.wrong("needs kinds, and servedUntil not before servedSince");
  }
  return api;
}

}  // namespace

Result<std::vector<ServedApi>> read_apis_file(const YamlReader& root) {
  KF_TRY(root.only({"apiVersion", "kind", "apis"}));
  KF_TRY_ASSIGN(const YamlReader list, root.member("apis"));
  KF_TRY_ASSIGN(const auto rows, list.elements());
  std::vector<ServedApi> apis;
  for (const YamlReader& row : rows) {
    KF_TRY_ASSIGN(apis.emplace_back(), read_api(row));
  }
  return apis.empty() ? Result<std::vector<ServedApi>>(list.wrong("must not be empty")) : apis;
}

}  // namespace kubeferry::catalog

// SPDX-License-Identifier: Apache-2.0
#include "json_members.hpp"

#include <kubeferry/base/text.hpp>

namespace kubeferry::oci {

Status check_case(const JsonView& json, std::initializer_list<std::string_view> known) {
  KF_TRY_ASSIGN(const auto members, json.members());
  for (const auto& [key, value] : members) {
    for (const std::string_view name : known) {
      if (key != name && equals_ignoring_case(key, name)) {
        return value.wrong(fmt::format("is ambiguous: the member is called \"{}\"", name));
      }
    }
  }
  return {};
}

Result<Annotations> parse_annotations(const JsonView& json) {
  Annotations annotations;
  const auto object = present(json, "annotations");
  if (!object) {
    return annotations;
  }
  KF_TRY_ASSIGN(const auto members, object->members());
  for (const auto& [key, value] : members) {
    KF_TRY_ASSIGN(std::string text, value.string());
    if (text.size() > k_max_annotation_bytes) {
      return fail(ExitCode::limit, "{}: longer than {} bytes", value.path(), k_max_annotation_bytes);
    }
    annotations.emplace_back(key, std::move(text));
  }
  return annotations;
}

Json annotations_to_json(const Annotations& annotations) {
  Json object = Json::object();
  for (const auto& [key, value] : annotations) {
    object.set(key, value);
  }
  return object;
}

Result<Platform> parse_platform(const JsonView& json) {
  KF_TRY(check_case(json, {"os", "architecture", "variant", "os.version"}));
  Platform platform;
  KF_TRY_ASSIGN(platform.os, optional_string(json, "os"));
  KF_TRY_ASSIGN(platform.architecture, optional_string(json, "architecture"));
  KF_TRY_ASSIGN(platform.variant, optional_string(json, "variant"));
  KF_TRY_ASSIGN(platform.os_version, optional_string(json, "os.version"));
  return platform;
}

Result<std::string> optional_string(const JsonView& json, std::string_view key) {
  const auto value = present(json, key);
  return value ? value->string() : Result<std::string>(std::string());
}

std::optional<JsonView> present(const JsonView& json, std::string_view key) {
  auto value = json.optional_member(key);
  return value && !value->value().is_null() ? value : std::nullopt;
}

}  // namespace kubeferry::oci

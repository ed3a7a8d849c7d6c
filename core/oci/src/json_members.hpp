// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include <kubeferry/base/json.hpp>
#include <kubeferry/base/result.hpp>
#include <kubeferry/oci/descriptor.hpp>

/// What the documents of this room have in common. Unlike our own, they may have members we do not know.
namespace kubeferry::oci {

/// format error when a member is one of `known` but for its case: Go's decoder would take it, a strict one would not,
/// and the two would see different images.
Status check_case(const JsonView& json, std::initializer_list<std::string_view> known);

/// The optional object `annotations`. limit error past k_max_annotation_bytes.
Result<Annotations> parse_annotations(const JsonView& json);
[[nodiscard]] Json annotations_to_json(const Annotations& annotations);

/// os, architecture, variant and os.version of an object; missing ones stay empty.
Result<Platform> parse_platform(const JsonView& json);

/// An optional string; absent and null are the same, as Go's encoders use them.
Result<std::string> optional_string(const JsonView& json, std::string_view key);

/// The member `key`, unless absent or null.
[[nodiscard]] std::optional<JsonView> present(const JsonView& json, std::string_view key);

}  // namespace kubeferry::oci

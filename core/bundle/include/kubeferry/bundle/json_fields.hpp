// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/base/json.hpp>
#include <kubeferry/base/result.hpp>
#include <kubeferry/crypto/digest.hpp>
#include <kubeferry/oci/descriptor.hpp>

// What the manifest and the lock have in common as JSON. Errors are format errors that name the place in the document.
namespace kubeferry::bundle {

/// Sets "mediaType", "digest" and "size", in this order.
void set_descriptor(Json& object, const oci::Descriptor& descriptor);
[[nodiscard]] Json to_json(const std::vector<std::string>& texts);

/// A digest, which must be sha256 (docs/adr/0011).
[[nodiscard]] Result<crypto::Digest> digest_at(const JsonView& view, std::string_view key);
/// The members that set_descriptor() sets; other members are the caller's.
[[nodiscard]] Result<oci::Descriptor> descriptor_at(const JsonView& view);
[[nodiscard]] Result<std::vector<std::string>> strings_at(const JsonView& view, std::string_view key);
/// Member "mode": 0644 or 0755, the only ones that a node file may have.
[[nodiscard]] Result<std::uint32_t> mode_at(const JsonView& view);

}  // namespace kubeferry::bundle

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

#include <kubeferry/base/result.hpp>
#include <kubeferry/oci/reference.hpp>

namespace kubeferry::builder {

/// Whether a reference means something else tomorrow: neither digest nor tag, or the tag latest.
[[nodiscard]] bool is_moving(const oci::Reference& reference);

/// What a manifest's author means by an image. One that is_moving() is the image of that name among `release` (what
/// the catalog says the release runs; kube-router's manifests name no tag at all); without one there, latest.
/// usage error for what is no reference.
Result<oci::Reference> meant_image(const std::string& written, std::span<const std::string> release);

}  // namespace kubeferry::builder

// SPDX-License-Identifier: Apache-2.0
#include "manifest_reference.hpp"

namespace kubeferry::builder {

bool is_moving(const oci::Reference& reference) {
  return !reference.digest && (!reference.tag || *reference.tag == "latest");
}

Result<oci::Reference> meant_image(const std::string& written, std::span<const std::string> release) {
  KF_TRY_ASSIGN(const oci::Reference reference, oci::Reference::parse(written));
  if (is_moving(reference)) {
    for (const std::string& text : release) {
      KF_TRY_ASSIGN(oci::Reference known, oci::Reference::parse(text));
      if (known.name() == reference.name()) {
        return known;
      }
    }
  }
  return reference.with_default_tag();
}

}  // namespace kubeferry::builder

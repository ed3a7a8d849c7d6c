// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <kubeferry/node/status.hpp>

namespace kubeferry::node {

/// What the runtime has of the images that this node needs, against the signed manifest of the bundle's copy on it.
[[nodiscard]] ImageState compare_images(const host::Host& host, const steps::Journal& journal,
                                        const Installation& installation);

}  // namespace kubeferry::node

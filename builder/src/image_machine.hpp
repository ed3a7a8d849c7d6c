// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <kubeferry/oci/manifest.hpp>
#include <kubeferry/platforms/platform.hpp>
#include <kubeferry/registry/client.hpp>

namespace kubeferry::builder {

/// The platform of the first executable in an image's layers, by its ELF header. Reads from the registry as little as
/// it takes. Null pointer when there is none, or the layers cannot be read as far as the first one: only for what is
/// doubtful anyway. interrupted error.
Result<const platforms::Platform*> machine_of(registry::Client& client, const registry::Repository& repository,
                                              const oci::Manifest& manifest);

}  // namespace kubeferry::builder

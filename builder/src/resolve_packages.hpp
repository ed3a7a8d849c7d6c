// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <kubeferry/builder/locked_packages.hpp>
#include <kubeferry/catalog/needs.hpp>

#include "resolve_images.hpp"

namespace kubeferry::builder {

/// What the needs' packages are now: signed lists fetched and checked, and everything that the wanted names need chosen
/// from them.
///
/// signature error when a list is not signed by its keyring; policy error when it is outdated or of another suite;
/// integrity error when something is not what the signed list says; usage error when a name is nowhere and the spec
/// says `missing: fail`, when it cannot be solved, or a keyring is not to be found; unsupported_host error when this
/// machine has no program that checks signatures.
Result<std::vector<LockedRepository>> resolve_packages(const catalog::Needs& needs, catalog::Missing missing,
                                                       Upstream& upstream, const ResolveOptions& options,
                                                       Collected& collected);

}  // namespace kubeferry::builder

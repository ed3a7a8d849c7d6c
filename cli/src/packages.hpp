// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include <kubeferry/bundle/bundle.hpp>
#include <kubeferry/bundle/extract.hpp>
#include <kubeferry/host/host.hpp>
#include <kubeferry/host_packages/install.hpp>
#include <kubeferry/source/remote.hpp>

#include "command.hpp"

namespace kubeferry::cli {

/// A row for each package repository of the bundle, after an empty line; nothing when it has none.
[[nodiscard]] std::string repositories_table(const bundle::Bundle& bundle);

/// Of a bundle that lies at a registry, which must outlive it.
[[nodiscard]] bundle::Contents contents_of(const source::RemoteBundle& bundle);

/// The bundle that a join pack names, from its registries: errors of source::remote().
Result<std::shared_ptr<const source::RemoteBundle>> open_bundle_of(const source::JoinPack& pack,
                                                                   const crypto::Keyset& trust, const Context& context);

/// Installs `names` of the repository, or what it was made for, by host_packages::install() with the command's threads,
/// progress and talk. Of `options` the names and whether it is a dry run count.
Result<host_packages::Outcome> install_packages(const host::Host& host, const bundle::Contents& bundle,
                                                const bundle::PackageRepository& repository,
                                                host_packages::InstallOptions options, const Context& context);

/// `packages install`.
void add_packages_install(CLI::App& packages, Commands& commands);

}  // namespace kubeferry::cli

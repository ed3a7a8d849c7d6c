// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <kubeferry/bundle/extract.hpp>
#include <kubeferry/host/host.hpp>
#include <kubeferry/node/install.hpp>

#include "command.hpp"

// `--install-packages` of init and join.
namespace kubeferry::cli {

/// Whether nothing is in the way of this draft but what the bundle's packages help against. Else its error, or that of
/// preflight::verdict() for the rest, with a report of it: then no package is to be installed.
Status check_all_but_packages(const Result<node::Draft>& draft, const Context& context);

/// Installs what this host lacks of what the bundle's repository for it was made for. Errors of
/// host_packages::for_host() and host_packages::install().
Status install_missing_packages(const host::Host& host, const bundle::Contents& bundle, const Context& context);

}  // namespace kubeferry::cli

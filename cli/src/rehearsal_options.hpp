// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <kubeferry/node/install.hpp>
#include <kubeferry/rehearsal/inside.hpp>
#include <kubeferry/rehearsal/rehearse.hpp>

#include "command.hpp"

namespace kubeferry::cli {

/// `init --rehearse`, from both sides.
struct RehearsalOptions {
  bool wanted = false;
  bool inside = false;  ///< this is the init that a rehearsal started; hidden
  std::string directory{rehearsal::k_default_directory};
  std::string logs;

  void add_to(CLI::App& command);
  /// usage errors: what does not go together with a rehearsal, or only makes sense in one.
  Status check(bool dry_run, bool site_registry) const;
  /// Has `draft`, which passed its checks, carried out on a copy of the machine by this very command line, and says how
  /// it went. Errors of rehearsal::rehearse().
  Status run(const host::Host& host, const node::Draft& draft, const Context& context) const;
};

}  // namespace kubeferry::cli

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include <kubeferry/bundle/bundle.hpp>
#include <kubeferry/crypto/keyset.hpp>
#include <kubeferry/source/remote.hpp>
#include <kubeferry/steps/run.hpp>
#include <kubeferry/steps/step.hpp>

namespace kubeferry::node {

/// The file of `from` as `to` (0644), whole and durable or not at all, and shown to be the same by opening it again:
/// from then on nothing depends on the medium it came on. Shares the blocks where the file system can. Its content is
/// verified chunk by chunk whenever it is read. integrity error when the medium gave another bundle than at first.
[[nodiscard]] std::unique_ptr<const steps::Step> bundle_copy(const bundle::Bundle& from, std::string to,
                                                             crypto::Keyset trust);

/// The same from another node's registry.
[[nodiscard]] std::unique_ptr<const steps::Step> bundle_fetch(std::shared_ptr<const source::RemoteBundle> from,
                                                              std::string to, std::stop_token stop);

/// Undo of both: the file goes.
void add_bundle_undoer(steps::Undoers& undoers);

}  // namespace kubeferry::node

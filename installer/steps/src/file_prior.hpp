// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <kubeferry/steps/step.hpp>

#include "new_file.hpp"
#include "place.hpp"

namespace kubeferry::steps {

/// What was at a path before a file of ours: nothing, a file (whose content is a backup), or a link.
struct FilePrior {
  Seen::What what = Seen::What::nothing;
  std::string backup;             ///< of a file
  Attributes attributes;          ///< of a file or link
  std::string link;               ///< of a link
  std::vector<std::string> made;  ///< directories that were missing, innermost last
};

/// io error when it is something that a file cannot replace.
Result<FilePrior> capture_prior(const host::Host& host, const std::string& path, Backups& backups);
[[nodiscard]] Json to_json(const FilePrior& prior);
/// format error; does not happen with what to_json() made.
Result<FilePrior> parse_prior(const Json& json);
/// Whether the file at `place` has one of these digests.
Result<bool> is_any_of(const Place& place, const std::vector<std::string>& digests);
/// Puts back what was there.
Status restore_prior(const Place& place, const FilePrior& prior, const Backups& backups);

}  // namespace kubeferry::steps

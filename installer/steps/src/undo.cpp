// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <optional>

#include <kubeferry/steps/run.hpp>

#include "place.hpp"

namespace kubeferry::steps {

namespace {

std::string summary_of(const Entry& entry) { return fmt::format("undo {} {}", entry.kind, entry.target); }

/// One walk over all entries, last first.
struct Pass {
  std::size_t undone = 0;
  std::vector<Entry> failed;
  std::optional<Error> first_error;
  bool disk_full = false;
};

/// Whether something that could not be undone lies in a directory that undoing `entry` would remove: that would leave
/// it behind for good.
bool must_wait(const Entry& entry, const std::vector<Entry>& failed) {
  for (const auto& made : texts_of(entry.prior.find("made"))) {
    for (const auto& other : failed) {
      if (other.target.starts_with(made + "/")) {
        return true;
      }
    }
  }
  return false;
}

Status undo_one(const host::Host& host, Journal& journal, const Undoers& undoers, const Entry& entry,
                const std::function<void(std::string_view)>& warning) {
  const auto undo = undoers.find(entry.kind);
  if (undo == undoers.end()) {
    return Failure(Error{ExitCode::io,
                         fmt::format("this kubeferry does not know steps of kind \"{}\"", entry.kind),
                         "use the kubeferry that made it, or a newer one",
                         {}});
  }
  Backups backups(host);
  KF_TRY(undo->second(host, entry, backups, warning));
  return journal.undone(entry);
}

Result<Pass> undo_pass(const host::Host& host, Journal& journal, const Undoers& undoers, const RunOptions& options,
                       const std::function<void(std::string_view)>& warning) {
  Pass pass;
  const std::vector<Entry> entries = journal.entries();
  for (std::size_t n = 0; n < entries.size(); ++n) {
    const Entry& entry = entries[entries.size() - 1 - n];
    if (options.stop.stop_requested()) {
      return Failure(Error{ExitCode::interrupted,
                           fmt::format("stopped before: {}", summary_of(entry)),
                           "run the same command again to go on",
                           {}});
    }
    if (must_wait(entry, pass.failed)) {
      pass.failed.push_back(entry);
      continue;
    }
    if (options.on_step) {
      options.on_step(n + 1, entries.size(), summary_of(entry));
    }
    Status undone = undo_one(host, journal, undoers, entry, warning);
    if (undone) {
      ++pass.undone;
      continue;
    }
    Error error = std::move(undone).error().prefixed(summary_of(entry));
    pass.disk_full = pass.disk_full || error.code == ExitCode::no_space;
    warning(error.message);
    pass.failed.push_back(entry);
    if (!pass.first_error) {
      pass.first_error = std::move(error);
    }
  }
  return pass;
}

}  // namespace

Status undo_all(const host::Host& host, Journal& journal, const Undoers& undoers, const RunOptions& options) {
  const auto warning = [&options](std::string_view line) {
    if (options.warning) {
      options.warning(line);
    }
  };
  for (;;) {
    KF_TRY_ASSIGN(Pass pass, undo_pass(host, journal, undoers, options, warning));
    if (!pass.first_error) {
      return {};
    }
    if (!pass.disk_full || pass.undone == 0) {
      return Failure(std::move(*pass.first_error));
    }
  }
}

}  // namespace kubeferry::steps

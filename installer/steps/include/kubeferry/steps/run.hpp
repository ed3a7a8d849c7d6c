// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/steps/journal.hpp>
#include <kubeferry/steps/step.hpp>

namespace kubeferry::steps {

struct RunOptions {
  std::stop_token stop;  ///< the step that runs is finished, then the run ends with an interrupted error
  /// Called before a step is applied or undone: its number from 1, how many there are, its summary. May be empty.
  std::function<void(std::size_t number, std::size_t total, const std::string& summary)> on_step;
  std::function<void(std::string_view line)> warning;  ///< may be empty
};

struct RunResult {
  std::size_t applied = 0;
  std::size_t kept = 0;  ///< were satisfied already
};

/// Applies what of `plan` is not satisfied, in its order: capture → journal (begun) → apply → journal (done). A step
/// that the journal knows keeps the prior state it had before the first time. Errors of the steps, prefixed with the
/// step's summary; the host then is as the journal says, and running again goes on from there.
Result<RunResult> apply(const host::Host& host, Journal& journal, const Plan& plan, const RunOptions& options);

/// Undoes one kind of step from what was captured. Must be repeatable, and must leave alone what is not as the step
/// left it, saying so through `warning`.
using Undo = std::function<Status(const host::Host& host, const Entry& entry, Backups& backups,
                                  const std::function<void(std::string_view)>& warning)>;
using Undoers = std::map<std::string, Undo, std::less<>>;

/// Undo of the kinds of this room: file, directory, sysctl, module, unit, unit-files.
[[nodiscard]] Undoers basic_undoers();

/// Undoes everything the journal has, last first: undo → journal (undone). A step whose undo fails is reported by
/// `warning` and the others go on, but for those whose directories its work lies in; the first such error is returned
/// at the end, and running again tries again. When a disk is full, what failed is tried again once others freed space.
Status undo_all(const host::Host& host, Journal& journal, const Undoers& undoers, const RunOptions& options);

/// The plan for a person: a paragraph a step, with diffs; steps that are satisfied are named in one line at the end.
Result<std::string> plan_text(const host::Host& host, const Plan& plan);
/// [{"kind", "target", "action", "summary", "diff", "argv"}]
Result<Json> plan_json(const host::Host& host, const Plan& plan);

}  // namespace kubeferry::steps

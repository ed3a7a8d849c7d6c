// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/steps/run.hpp>

#include <algorithm>

namespace kubeferry::steps {

namespace {

/// A text that neither we wrote nor the first capture kept is about to be overwritten: say where it can be found.
Status keep_foreign(const host::Host& host, const Step& step, const Entry& entry, Backups& backups,
                    const RunOptions& options) {
  const Json* first = entry.prior.find("backup");
  if (entry.marks.empty()) {
    return {};
  }
  KF_TRY_ASSIGN(const Json now, step.capture(host, backups));
  const Json* backup = now.find("backup");
  if (backup == nullptr || backup->as_string() == nullptr || (first != nullptr && *first == *backup)) {
    return {};
  }
  const std::string& name = *backup->as_string();
  if (std::find(entry.marks.begin(), entry.marks.end(), name) == entry.marks.end() && options.warning) {
    options.warning(fmt::format("{} was changed after kubeferry wrote it; the changed text is kept as {}/backups/{}",
                                entry.target, k_state_directory, name.substr(name.find(':') + 1)));
  }
  return {};
}

Status change(const host::Host& host, Journal& journal, const Step& step, const RunOptions& options) {
  Backups backups(host);
  Json prior;
  if (const Entry* entry = journal.find(step.kind(), step.target())) {
    KF_TRY(keep_foreign(host, step, *entry, backups, options));
  } else {
    KF_TRY_ASSIGN(prior, step.capture(host, backups));
  }
  KF_TRY(journal.begin(step, std::move(prior)));
  KF_TRY(step.apply(host));
  return journal.done(step);
}

/// Whether anything was applied.
Result<bool> bring_about(const host::Host& host, Journal& journal, const Step& step, const RunOptions& options) {
  KF_TRY_ASSIGN(const bool satisfied, step.satisfied(host));
  if (!satisfied) {
    KF_TRY(change(host, journal, step, options));
    return true;
  }
  const Entry* entry = journal.find(step.kind(), step.target());
  if (entry != nullptr && entry->state == State::begun) {
    KF_TRY(journal.done(step));
  }
  return false;
}

}  // namespace

Result<RunResult> apply(const host::Host& host, Journal& journal, const Plan& plan, const RunOptions& options) {
  RunResult result;
  for (std::size_t n = 0; n < plan.size(); ++n) {
    const Step& step = *plan[n];
    if (options.stop.stop_requested()) {
      return Failure(Error{ExitCode::interrupted,
                           fmt::format("stopped before: {}", step.summary()),
                           "run the same command again to go on, or kubeferry reset to undo what was done",
                           {}});
    }
    if (options.on_step) {
      options.on_step(n + 1, plan.size(), step.summary());
    }
    Result<bool> applied = bring_about(host, journal, step, options);
    if (!applied) {
      return Failure(std::move(applied).error().prefixed(step.summary()));
    }
    ++(*applied ? result.applied : result.kept);
  }
  return result;
}

}  // namespace kubeferry::steps

// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/steps/run.hpp>

#include "file_prior.hpp"
#include "kinds.hpp"

namespace kubeferry::steps {

namespace {

/// Whether `entry` is a file that somebody changed after us.
Result<bool> is_foreign(const host::Host& host, const Entry& entry) {
  if (entry.kind != k_file) {
    return false;
  }
  KF_TRY_ASSIGN(const auto place, find_place(host, entry.target));
  if (!place) {
    return false;
  }
  KF_TRY_ASSIGN(const Seen seen, look(*place));
  if (seen.what != Seen::What::file) {
    return false;
  }
  std::vector<std::string> known = entry.marks;
  if (const Json* backup = entry.prior.find("backup"); backup != nullptr && backup->as_string() != nullptr) {
    known.push_back(*backup->as_string());
  }
  KF_TRY_ASSIGN(const bool is_known, is_any_of(*place, known));
  return !is_known;
}

/// A text that neither we wrote nor the first capture kept is about to be overwritten: keep it too, and say where.
Status keep_foreign(const host::Host& host, const Step& step, const Entry& entry, Backups& backups,
                    const RunOptions& options) {
  KF_TRY_ASSIGN(const bool foreign, is_foreign(host, entry));
  if (!foreign) {
    return {};
  }
  KF_TRY_ASSIGN(const Json now, step.capture(host, backups));
  KF_TRY_ASSIGN(const FilePrior kept, parse_prior(now));
  if (options.warning) {
    options.warning(fmt::format("{} was changed after kubeferry wrote it; the changed text is kept as {}/backups/{}",
                                entry.target, k_state_directory, kept.backup.substr(kept.backup.find(':') + 1)));
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

/// Whether anything was applied. `announce` is called before it is.
Result<bool> bring_about(const host::Host& host, Journal& journal, const Step& step, const RunOptions& options,
                         const std::function<void()>& announce) {
  KF_TRY_ASSIGN(const bool satisfied, step.satisfied(host));
  if (!satisfied) {
    announce();
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
    Result<bool> applied = bring_about(host, journal, step, options, [&] {
      if (options.on_step) {
        options.on_step(n + 1, plan.size(), step.summary());
      }
    });
    if (!applied) {
      return Failure(std::move(applied).error().prefixed(step.summary()));
    }
    ++(*applied ? result.applied : result.kept);
  }
  return result;
}

}  // namespace kubeferry::steps

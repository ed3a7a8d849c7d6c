// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdio>

#include "file_prior.hpp"
#include "kinds.hpp"
#include "labels.hpp"

namespace kubeferry::steps {

namespace {

constexpr int k_most_changed_copies = 100;

/// What is at the place now, as undo sees it.
enum class Now {
  as_before,  ///< never applied, or undone already
  ours,       ///< or nothing: what was there can be put back
  foreign,    ///< somebody changed it after us
};

bool same(const Attributes& a, const Attributes& b) { return a.mode == b.mode && a.uid == b.uid && a.gid == b.gid; }

Result<Now> judge_file(const Place& place, const Seen& seen, const FilePrior& prior, const Entry& entry) {
  bool same_content = false;
  if (prior.what == Seen::What::file) {
    KF_TRY_ASSIGN(same_content, is_any_of(place, {prior.backup}));
  }
  if (same_content && same(prior.attributes, attributes_of(seen.info))) {
    return Now::as_before;
  }
  KF_TRY_ASSIGN(const bool ours, is_any_of(place, entry.marks));
  if (ours) {
    return Now::ours;
  }
  return same_content ? Now::as_before : Now::foreign;
}

Result<Now> judge(const Place& place, const Seen& seen, const FilePrior& prior, const Entry& entry) {
  switch (seen.what) {
    case Seen::What::nothing: return prior.what == Seen::What::nothing ? Now::as_before : Now::ours;
    case Seen::What::file: return judge_file(place, seen, prior, entry);
    case Seen::What::link:
      return prior.what == Seen::What::link && prior.link == seen.link ? Now::as_before : Now::foreign;
    case Seen::What::directory:
    case Seen::What::other: break;
  }
  return Failure(
      Error{ExitCode::io,
            fmt::format("{}: is no file any more", place.path),
            fmt::format("look at it, move it away (mv {0} {0}.old) and run the same command again", place.path),
            {}});
}

Status set_aside(const Place& place, const Warning& warning) {
  for (int n = 1; n <= k_most_changed_copies; ++n) {
    const std::string suffix = n == 1 ? ".kubeferry-changed" : fmt::format(".kubeferry-changed.{}", n);
    const std::string name = place.name + suffix;
    struct stat info {};
    if (::fstatat(place.directory.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0) {
      continue;
    }
    if (::renameat(place.directory.get(), place.name.c_str(), place.directory.get(), name.c_str()) != 0) {
      return fail_errno(errno, place.path);
    }
    warning(fmt::format("{} was changed after kubeferry wrote it: kept as {}{}", place.path, place.path, suffix));
    return sync_directory(place);
  }
  return fail(ExitCode::io, "{}: there are {} changed copies beside it already", place.path, k_most_changed_copies);
}

Status undo_at(const Place& place, const FilePrior& prior, const Entry& entry, Backups& backups,
               const Warning& warning) {
  KF_TRY(remove_leftover(place));
  KF_TRY_ASSIGN(const Seen seen, look(place));
  KF_TRY_ASSIGN(const Now now, judge(place, seen, prior, entry));
  if (now == Now::as_before) {
    return {};
  }
  if (now == Now::foreign) {
    KF_TRY(set_aside(place, warning));
  }
  return restore_prior(place, prior, backups);
}

}  // namespace

Status undo_file(const host::Host& host, const Entry& entry, Backups& backups, const Warning& warning) {
  KF_TRY_ASSIGN(const FilePrior prior, parse_prior(entry.prior));
  KF_TRY_ASSIGN(auto place, find_place(host, entry.target));
  if (!place && prior.what != Seen::What::nothing) {
    KF_TRY_ASSIGN(place, make_place(host, entry.target));
  }
  if (place) {
    KF_TRY(undo_at(*place, prior, entry, backups, warning));
  }
  if (prior.what != Seen::What::nothing) {
    relabel(host, {entry.target});
  }
  return remove_made(host, prior.made, warning);
}

}  // namespace kubeferry::steps

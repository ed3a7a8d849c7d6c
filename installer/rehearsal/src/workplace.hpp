// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <kubeferry/base/fd.hpp>
#include <kubeferry/base/result.hpp>

namespace kubeferry::rehearsal {

/// The one rehearsal that may run on a machine, and its work directory. What a killed one left is removed first; the
/// directory goes when this goes, or is empty again when it was there before.
class Workplace {
public:
  /// locked error when a rehearsal runs; usage error when `directory` is not empty and not a rehearsal's, or has a name
  /// that mount(2) cannot take; io errors.
  static Result<Workplace> make(const std::string& directory);
  Workplace(Workplace&& other) noexcept;
  Workplace& operator=(Workplace&&) = delete;
  ~Workplace();

  [[nodiscard]] const std::string& directory() const { return directory_; }
  /// What the marker of this rehearsal holds.
  [[nodiscard]] const std::string& marker() const { return marker_; }

  [[nodiscard]] int lock_fd() const { return lock_.get(); }

  /// Removes the directory and ends the lock. io error for what could not be removed.
  Status remove();

private:
  Workplace(Fd lock, std::string directory, std::string marker)
      : lock_(std::move(lock)), directory_(std::move(directory)), marker_(std::move(marker)) {}
  Fd lock_;
  std::string directory_;
  std::string marker_;
};

/// Removes `directory` when it is a rehearsal's. io error for what could not be removed, and while something is mounted
/// below it.
Status clean_leftover(const std::string& directory);

/// Whoever holds the lock removes its file, and so ends it.
void remove_lock();

}  // namespace kubeferry::rehearsal

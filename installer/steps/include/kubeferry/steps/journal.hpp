// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/base/fd.hpp>
#include <kubeferry/base/json.hpp>
#include <kubeferry/base/result.hpp>
#include <kubeferry/base/text.hpp>
#include <kubeferry/host/host.hpp>
#include <kubeferry/steps/step.hpp>

// What was done to this host: an append-only file, a record a line, each durable before the next thing happens.
namespace kubeferry::steps {

/// Where a step is.
enum class State {
  begun,   ///< it may or may not have been applied; `prior` is how it was before
  done,    ///< applied
  undone,  ///< back to what it was
};
[[nodiscard]] std::string_view to_string(State state) noexcept;

/// A step as the journal knows it.
struct Entry {
  std::string kind;
  std::string target;
  State state = State::begun;
  Json prior;                           ///< what Step::capture() gave when it was first begun since it was last undone
  std::vector<std::string> marks = {};  ///< Step::mark() of each time it was begun, without repetition
};

/// One record, for people: `status` shows the last ones.
struct Record {
  TimePoint time;
  std::string what;  ///< "init", "begun file /etc/…", "done …", "reset", "finished"
};

/// JSON lines in k_state_directory/journal, each with its number and a CRC-32C; a torn last line is cut off when it is
/// opened, any other damage is an io error that says what to do (row M59). Holds the one lock while it lives.
class Journal {
public:
  /// Takes the lock (k_state_directory/lock, flock, never unlinked; row F12) and reads what is there, making
  /// k_state_directory when it is missing. locked error, naming the holder's pid and command, when another kubeferry
  /// has it; io when the journal is owned by another user, a symbolic link, or damaged.
  static Result<Journal> open(const host::Host& host);
  /// Reads without the lock and without changing anything, for status and dry runs: what a running installer writes at
  /// this moment may be missing. An empty journal when there is none.
  static Result<Journal> peek(const host::Host& host);

  Journal(Journal&&) noexcept = default;
  Journal& operator=(Journal&&) noexcept = default;

  /// A run starts: `verb` ("init", "join", "reset") and what it was told, without secrets. The plan is written down
  /// whole, so that it can be read even when a program that took over never comes back.
  Status start_run(std::string_view verb, Json facts, const Plan* plan);
  Status end_run(std::string_view outcome);
  /// Also sees to it that there is room for the records that undoing everything will take; no_space error otherwise.
  /// The prior state of a step that is known already stays; `prior` then does not count.
  Status begin(const Step& step, Json prior);
  Status done(const Step& step);
  Status undone(const Entry& entry);
  /// A thing worth remembering that is no step: `name` → value; the last one counts. No secrets.
  Status note(std::string_view name, Json value);

  /// Every step ever begun and not undone, in the order in which they were first begun.
  [[nodiscard]] const std::vector<Entry>& entries() const noexcept { return entries_; }
  [[nodiscard]] const Entry* find(std::string_view kind, std::string_view target) const;
  [[nodiscard]] const Json* noted(std::string_view name) const;
  /// The facts of the newest run of `verb`; nothing when there was none.
  [[nodiscard]] const Json* run(std::string_view verb) const;
  /// The verb of a run that has not ended, with its facts: it was killed. Nothing when all ended.
  [[nodiscard]] std::optional<std::string> unfinished() const;
  [[nodiscard]] bool empty() const noexcept { return records_.empty(); }
  /// The newest `count` records, oldest first.
  [[nodiscard]] std::vector<Record> tail(std::size_t count) const;

  /// Removes the journal, its backups and what else is below k_state_directory but for `keep` (names of direct
  /// children), once everything is undone. The lock goes with it. bug error while entries are left.
  Status remove(const std::vector<std::string>& keep);

private:
  Journal() = default;
  Status check_directory();
  Status read_file(int open_flags);
  Status read_lines(std::string_view text);
  Status cut(std::uint64_t size);
  Status create();
  void remove_leftovers() const;
  Status reserve();
  Status append(std::string_view what, Json::Object members);
  Status take(const Json& record);
  Status take_step(const std::string& what, const Json& record);
  Entry* known(std::string_view kind, std::string_view target);

  std::string path_;  // for messages, as seen from here
  Fd directory_;
  Fd lock_;
  Fd file_;  // none before the first record
  std::uint64_t size_ = 0;
  std::uint64_t next_ = 1;
  bool unsure_ = false;  // an append failed in a way that leaves its end unknown
  std::vector<Entry> entries_;
  std::vector<Record> records_;
  std::vector<std::pair<std::string, Json>> runs_;
  std::vector<std::pair<std::string, Json>> notes_;
  std::optional<std::string> running_;
};

}  // namespace kubeferry::steps

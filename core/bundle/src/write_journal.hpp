// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/archive/seek_table.hpp>
#include <kubeferry/base/fd.hpp>
#include <kubeferry/base/result.hpp>

namespace kubeferry::bundle {

/// What an interrupted writer left: one text line for each thing that is in the file. Appended to, never rewritten; a
/// torn last line is passed over. It is a hint where to look: what it names is read and hashed again before it counts.
class WriteJournal {
public:
  /// Opens PATH for the plan called `plan`; starts an empty journal when there is none or it is of another plan.
  static Result<WriteJournal> open(const std::filesystem::path& path, std::string_view plan);

  /// Content bytes of a raw row that an earlier run had written, from its start on.
  [[nodiscard]] std::uint64_t raw_bytes(std::size_t row) const;
  /// The frames of a compressed row that an earlier run had completed; null pointer when it had not.
  [[nodiscard]] const std::vector<archive::FrameSize>* frames(std::size_t row) const;
  /// Whether the journal goes on from an earlier run.
  [[nodiscard]] bool resumed() const noexcept { return resumed_; }

  Status record_raw(std::size_t row, std::uint64_t bytes);
  Status record_frames(std::size_t row, const std::vector<archive::FrameSize>& frames);

private:
  WriteJournal() = default;
  void read(std::string_view text);
  Status append(const std::string& line);

  Fd fd_;
  std::string name_;
  bool resumed_ = false;
  std::map<std::size_t, std::uint64_t> raw_;
  std::map<std::size_t, std::vector<archive::FrameSize>> frames_;
};

}  // namespace kubeferry::bundle

// SPDX-License-Identifier: Apache-2.0
#include "write_journal.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <charconv>
#include <optional>

#include <kubeferry/base/text.hpp>

namespace kubeferry::bundle {

namespace {

constexpr std::string_view k_heading = "kubeferry-journal-1 ";
constexpr std::uint64_t k_largest_journal = std::uint64_t{64} * 1024 * 1024;

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  return problem == std::errc{} && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

}  // namespace

Result<WriteJournal> WriteJournal::open(const std::filesystem::path& path, std::string_view plan) {
  WriteJournal journal;
  journal.name_ = path.native();
  const std::string heading = fmt::format("{}{}\n", k_heading, plan);
  KF_TRY_ASSIGN(journal.fd_, open_file(path, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW, 0600));
  FdSource source(journal.fd_.get(), journal.name_);
  KF_TRY_ASSIGN(const Bytes bytes, read_all(source, k_largest_journal, journal.name_));
  const std::string_view text = as_text(bytes);
  if (text.starts_with(heading)) {
    journal.resumed_ = true;
    journal.read(text.substr(heading.size()));
    // A line without its end would swallow the start of the next one.
    if (!text.ends_with('\n')) {
      KF_TRY(journal.append("\n"));
    }
    return journal;
  }
  if (::ftruncate(journal.fd_.get(), 0) != 0) {
    return fail_errno(errno, journal.name_);
  }
  KF_TRY(journal.append(heading));
  return journal;
}

void WriteJournal::read(std::string_view text) {
  while (true) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) {
      return;
    }
    const auto words = split(text.substr(0, end), ' ');
    text.remove_prefix(end + 1);
    const auto row = words.size() >= 2 ? number(words[1]) : std::nullopt;
    if (!row) {
      continue;
    }
    if (words[0] == "raw" && words.size() == 3) {
      if (const auto bytes = number(words[2])) {
        raw_[static_cast<std::size_t>(*row)] = *bytes;
      }
    } else if (words[0] == "zstd" && words.size() >= 3 && words.back() == "end") {
      std::vector<archive::FrameSize> frames;
      for (std::size_t n = 2; n + 2 < words.size(); n += 2) {
        const auto stored = number(words[n]);
        const auto content = number(words[n + 1]);
        if (stored && content) {
          frames.push_back({static_cast<std::uint32_t>(*stored), static_cast<std::uint32_t>(*content)});
        }
      }
      frames_[static_cast<std::size_t>(*row)] = std::move(frames);
    }
  }
}

std::uint64_t WriteJournal::raw_bytes(std::size_t row) const {
  const auto found = raw_.find(row);
  return found == raw_.end() ? 0 : found->second;
}

const std::vector<archive::FrameSize>* WriteJournal::frames(std::size_t row) const {
  const auto found = frames_.find(row);
  return found == frames_.end() ? nullptr : &found->second;
}

Status WriteJournal::append(const std::string& line) { return write_all(fd_.get(), as_byte_view(line), name_); }

Status WriteJournal::record_raw(std::size_t row, std::uint64_t bytes) {
  // O_APPEND and one write(2): lines of several threads do not mix.
  return append(fmt::format("raw {} {}\n", row, bytes));
}

Status WriteJournal::record_frames(std::size_t row, const std::vector<archive::FrameSize>& frames) {
  std::string line = fmt::format("zstd {}", row);
  for (const auto& frame : frames) {
    line += fmt::format(" {} {}", frame.stored, frame.content);
  }
  return append(line + " end\n");
}

}  // namespace kubeferry::bundle

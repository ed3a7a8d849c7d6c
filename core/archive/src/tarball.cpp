// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/archive/tarball.hpp>

#include <archive.h>
#include <archive_entry.h>
#include <sys/stat.h>

#include <optional>
#include <set>

#include <kubeferry/base/text.hpp>

#include "feed.hpp"

namespace kubeferry::archive {

namespace {

/// The normalised name, or nothing when it is one that only an attacker or an accident writes.
std::optional<std::string> safe_name(std::string_view name) {
  if (name.empty() || name.front() == '/' || name.size() > 4096 || printable(name) != name ||
      name.find('\\') != std::string_view::npos) {
    return std::nullopt;
  }
  std::string out;
  for (const auto part : split(name, '/')) {
    if (part == "." || part.empty()) {
      continue;
    }
    if (part == "..") {
      return std::nullopt;
    }
    out += out.empty() ? "" : "/";
    out += part;
  }
  return out;
}

class MemberSource final : public Source {
public:
  MemberSource(::archive* reader, Feed& feed, std::string what, std::uint64_t size)
      : reader_(reader), feed_(&feed), what_(std::move(what)), rest_(size) {}

  Result<std::size_t> read(MutableByteView buffer) override {
    const la_ssize_t count = ::archive_read_data(reader_, buffer.data(), buffer.size());
    if (count < 0) {
      if (feed_->error) {
        return Failure(*feed_->error);
      }
      const char* problem = ::archive_error_string(reader_);
      return fail(ExitCode::format, "{}: {}", what_, problem == nullptr ? "damaged" : problem);
    }
    if (static_cast<std::uint64_t>(count) > rest_ || (count == 0 && rest_ > 0)) {
      return fail(ExitCode::format, "{}: its content is not as long as its header says", what_);
    }
    rest_ -= static_cast<std::uint64_t>(count);
    return static_cast<std::size_t>(count);
  }

private:
  ::archive* reader_;
  Feed* feed_;
  std::string what_;
  std::uint64_t rest_;
};

/// What to do with an entry: the member to visit, nothing for one to pass over, an error for one to refuse.
Result<std::optional<TarballMember>> judge(::archive_entry* entry, std::string_view what, const TarballLimits& limits,
                                           std::set<std::string>& seen) {
  const char* raw = ::archive_entry_pathname(entry);
  const std::string_view shown = raw == nullptr ? std::string_view() : std::string_view(raw);
  const auto name = safe_name(shown);
  const auto refuse = [&](std::string_view why) {
    return fail(ExitCode::format, "{}: entry \"{}\" {}", what, printable(shown.substr(0, 200)), why);
  };
  if (!name) {
    return refuse("has an unsafe name");
  }
  const auto type = ::archive_entry_filetype(entry);
  const bool link = ::archive_entry_hardlink(entry) != nullptr || type == AE_IFLNK;
  if (type == AE_IFDIR || link) {
    return std::optional<TarballMember>();
  }
  if (type != AE_IFREG) {
    return refuse("is no regular file");
  }
  if ((::archive_entry_mode(entry) & (S_ISUID | S_ISGID)) != 0) {
    return refuse("has a set-id bit");
  }
  if (::archive_entry_sparse_count(entry) > 0 || ::archive_entry_size_is_set(entry) == 0) {
    return refuse("is sparse");
  }
  const auto size = ::archive_entry_size(entry);
  if (size < 0) {
    return refuse("has a negative size");
  }
  if (static_cast<std::uint64_t>(size) > limits.member_bytes) {
    return fail(ExitCode::limit, "{}: entry \"{}\" has {} bytes, more than the {} allowed", what, *name, size,
                limits.member_bytes);
  }
  if (name->empty() || !seen.insert(lower(*name)).second) {
    return refuse("stands there twice");
  }
  return std::optional<TarballMember>(TarballMember{*name, static_cast<std::uint64_t>(size)});
}

constexpr std::string_view k_not_tar = "not a tar archive";

}  // namespace

Status read_tarball(Source& source, std::string_view what, const TarballLimits& limits,
                    const std::function<Status(const TarballMember&, Source&)>& visit) {
  const ReadArchive reader(::archive_read_new());
  if (!reader) {
    return fail(ExitCode::limit, "{}: out of memory", what);
  }
  // Nothing else: every further format is a parser that an attacker could choose.
  ::archive_read_support_format_tar(reader.get());
  Feed from{&source, {}};
  KF_TRY(open_feed(reader.get(), from, what, k_not_tar));
  std::set<std::string> seen;
  std::uint64_t entries = 0;
  std::uint64_t total = 0;
  for (;;) {
    ::archive_entry* entry = nullptr;
    const int status = ::archive_read_next_header(reader.get(), &entry);
    if (status == ARCHIVE_EOF) {
      return {};
    }
    if (status != ARCHIVE_OK) {
      return failure_of(reader.get(), from, what, k_not_tar);
    }
    if (++entries > limits.entries) {
      return fail(ExitCode::limit, "{}: more than {} entries", what, limits.entries);
    }
    KF_TRY_ASSIGN(const auto member, judge(entry, what, limits, seen));
    if (!member) {
      continue;
    }
    total += member->size;
    if (total > limits.total_bytes) {
      return fail(ExitCode::limit, "{}: more than {} bytes of content", what, limits.total_bytes);
    }
    MemberSource content(reader.get(), from, fmt::format("{}: {}", what, member->name), member->size);
    KF_TRY(visit(*member, content));
  }
}

}  // namespace kubeferry::archive

// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include <kubeferry/base/text.hpp>
#include <kubeferry/steps/basic_steps.hpp>

#include "kinds.hpp"
#include "labels.hpp"
#include "new_file.hpp"
#include "place.hpp"
#include "tree.hpp"

namespace kubeferry::steps {

namespace {

std::string mark_of(const Attributes& attributes) {
  return fmt::format("{:04o} {}:{}", attributes.mode, attributes.uid, attributes.gid);
}

Result<Attributes> attributes_of_open(int directory, std::string_view path) {
  struct stat info {};
  if (::fstat(directory, &info) != 0) {
    return fail_errno(errno, path);
  }
  return attributes_of(info);
}

Status set_attributes(int directory, std::string_view path, const Attributes& attributes) {
  if (::fchown(directory, attributes.uid, attributes.gid) != 0 || ::fchmod(directory, attributes.mode) != 0 ||
      ::fsync(directory) != 0) {
    return fail_errno(errno, path);
  }
  return {};
}

class DirectoryStep final : public Step {
public:
  DirectoryStep(std::string path, std::uint32_t mode, Remove remove)
      : path_(std::move(path)), mode_(mode), remove_(remove) {}

  [[nodiscard]] std::string_view kind() const noexcept override { return k_directory; }
  [[nodiscard]] std::string target() const override { return path_; }
  [[nodiscard]] std::string summary() const override { return fmt::format("make directory {}", path_); }
  [[nodiscard]] std::string mark() const override { return mark_of(root_owned(mode_)); }

  Result<bool> satisfied(const host::Host& host) const override {
    KF_TRY_ASSIGN(const Way way, way_to(host, path_));
    if (!way.missing.empty()) {
      return false;
    }
    KF_TRY_ASSIGN(const Attributes is, attributes_of_open(way.directory.get(), path_));
    return mark_of(is) == mark();
  }

  Result<Json> capture(const host::Host& host, Backups& /*backups*/) const override {
    KF_TRY_ASSIGN(const Way way, way_to(host, path_));
    Json prior = Json::object();
    if (!way.missing.empty()) {
      prior.set("was", "nothing").set("made", to_json(way.missing));
      prior.set("remove", remove_ == Remove::with_content ? "with_content" : "when_empty");
      return prior;
    }
    KF_TRY_ASSIGN(const Attributes is, attributes_of_open(way.directory.get(), path_));
    prior.set("was", "directory").set("mode", std::uint64_t{is.mode});
    prior.set("uid", std::uint64_t{is.uid}).set("gid", std::uint64_t{is.gid});
    return prior;
  }

  Status apply(const host::Host& host) const override {
    KF_TRY_ASSIGN(const Way way, way_to(host, path_));
    KF_TRY_ASSIGN(const Fd directory, make_directory(host, path_, mode_));
    relabel(host, way.missing);
    return set_attributes(directory.get(), path_, root_owned(mode_));
  }

  Result<Preview> preview(const host::Host& host) const override {
    KF_TRY_ASSIGN(const Way way, way_to(host, path_));
    if (!way.missing.empty()) {
      return Preview{.action = "create",
                     .summary = fmt::format("create directory {} ({:04o})", path_, mode_),
                     .diff = {},
                     .argv = {}};
    }
    KF_TRY_ASSIGN(const Attributes is, attributes_of_open(way.directory.get(), path_));
    return Preview{.action = "set",
                   .summary = fmt::format("set directory {} to {}, was {}", path_, mark(), mark_of(is)),
                   .diff = {},
                   .argv = {}};
  }

private:
  std::string path_;
  std::uint32_t mode_;
  Remove remove_;
};

/// Unescapes what /proc/self/mountinfo writes for blanks: "\040".
std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t n = 0; n < text.size(); ++n) {
    if (text[n] == '\\' && n + 3 < text.size()) {
      out += static_cast<char>((text[n + 1] - '0') * 64 + (text[n + 2] - '0') * 8 + (text[n + 3] - '0'));
      n += 3;
    } else {
      out += text[n];
    }
  }
  return out;
}

/// Whatever is mounted inside, by bind from the same file system too, is not what we installed.
Status check_no_mounts(const host::Host& host, const std::string& path) {
  const auto table = host.text("/proc/self/mountinfo");
  if (!table && host.exists("/proc/self/mountinfo")) {
    return fail(ExitCode::io, "{}: not removed, since /proc/self/mountinfo cannot be read", path);
  }
  const std::string text = table.value_or("");
  for (const auto line : split(text, '\n')) {
    const auto fields = split(line, ' ');
    const std::string mounted = fields.size() > 4 ? unescaped(fields[4]) : "";
    if (mounted == path || mounted.starts_with(path + "/")) {
      return Failure(Error{ExitCode::io,
                           fmt::format("{}: not removed, since something is mounted there", mounted),
                           fmt::format("umount {} and run the same command again", mounted),
                           {}});
    }
  }
  return {};
}

Status remove_content(const host::Host& host, const std::string& path, const Warning& warning) {
  KF_TRY_ASSIGN(const auto place, find_place(host, path));
  if (!place) {
    return {};
  }
  const Fd directory(
      ::openat(place->directory.get(), place->name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!directory) {
    if (errno == ENOENT) {
      return {};
    }
    warning(fmt::format("{} is left: it is no directory any more", path));
    return {};
  }
  KF_TRY(check_no_mounts(host, path));
  return remove_children(directory.get(), path, [](std::string_view) { return true; });
}

}  // namespace

std::unique_ptr<const Step> directory(std::string path, std::uint32_t mode, Remove remove) {
  return std::make_unique<DirectoryStep>(std::move(path), mode, remove);
}

Status undo_directory(const host::Host& host, const Entry& entry, Backups& /*backups*/, const Warning& warning) {
  const JsonView prior(entry.prior, "prior");
  KF_TRY_ASSIGN(const std::string was, prior.string("was"));
  if (was == "nothing") {
    KF_TRY_ASSIGN(const std::string remove, prior.string("remove"));
    if (remove == "with_content") {
      KF_TRY(remove_content(host, entry.target, warning));
    }
    return remove_made(host, texts_of(entry.prior.find("made")), warning);
  }
  KF_TRY_ASSIGN(const Way way, way_to(host, entry.target));
  if (!way.missing.empty()) {
    return {};
  }
  KF_TRY_ASSIGN(const Attributes is, attributes_of_open(way.directory.get(), entry.target));
  if (std::find(entry.marks.begin(), entry.marks.end(), mark_of(is)) == entry.marks.end()) {
    return {};
  }
  KF_TRY_ASSIGN(const std::uint64_t mode, prior.unsigned_integer("mode"));
  KF_TRY_ASSIGN(const std::uint64_t uid, prior.unsigned_integer("uid"));
  KF_TRY_ASSIGN(const std::uint64_t gid, prior.unsigned_integer("gid"));
  return set_attributes(
      way.directory.get(), entry.target,
      {.mode = static_cast<mode_t>(mode), .uid = static_cast<uid_t>(uid), .gid = static_cast<gid_t>(gid)});
}

}  // namespace kubeferry::steps

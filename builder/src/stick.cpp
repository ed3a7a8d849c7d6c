// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/builder/stick.hpp>

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <functional>
#include <memory>

#include <kubeferry/base/atomic_file.hpp>
#include <kubeferry/base/space.hpp>
#include <kubeferry/base/text.hpp>
#include <kubeferry/builder/own_program.hpp>
#include <kubeferry/bundle/verify.hpp>
#include <kubeferry/crypto/hasher.hpp>
#include <kubeferry/platforms/platform.hpp>

#include "embedded.hpp"

namespace kubeferry::builder {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view k_sums = "SHA256SUMS";
constexpr std::string_view k_place_of_programs = "@PROGRAMS@";
constexpr std::size_t k_piece = std::size_t{4} << 20;

/// A file to be put there.
struct Item {
  std::string name;
  std::uint64_t size = 0;
  mode_t mode = 0644;
  std::function<Result<std::unique_ptr<Source>>()> open;
};

struct Work {
  const StickOptions& options;
  Bytes buffer = Bytes(k_piece);

  /// All of `source`, hashed, and written to `fd` unless that is -1.
  Result<crypto::Digest> pass(Source& source, int fd, const std::string& name) {
    crypto::Hasher hash;
    for (;;) {
      if (options.stop.stop_requested()) {
        return fail(ExitCode::interrupted, "stopped while writing {}", name);
      }
      KF_TRY_ASSIGN(const std::size_t count, source.read(buffer));
      if (count == 0) {
        return hash.finish();
      }
      const ByteView piece = ByteView(buffer).first(count);
      hash.update(piece);
      if (fd >= 0) {
        KF_TRY(write_all(fd, piece, name));
      }
      if (options.progress != nullptr) {
        options.progress->add(count);
      }
    }
  }

  /// What the medium gives back, not what the page cache remembers of it.
  Result<crypto::Digest> read_back(const fs::path& path) {
    KF_TRY_ASSIGN(const Fd fd, open_file(path, O_RDONLY | O_NOFOLLOW));
    ::posix_fadvise(fd.get(), 0, 0, POSIX_FADV_DONTNEED);
    FdSource source(fd.get(), path.native());
    return pass(source, -1, path.native());
  }
};

bool is_file_of(const fs::path& path, std::uint64_t size) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) && static_cast<std::uint64_t>(info.st_size) == size;
}

Result<StickFile> put(Work& work, const Item& item) {
  const fs::path path = work.options.directory / item.name;
  StickFile out{.name = item.name, .size = item.size};
  if (work.options.progress != nullptr) {
    work.options.progress->set_subject(item.name);
  }
  if (is_file_of(path, item.size)) {
    KF_TRY_ASSIGN(const auto source, item.open());
    KF_TRY_ASSIGN(out.digest, work.pass(*source, -1, path.native()));
    KF_TRY_ASSIGN(const crypto::Digest there, work.read_back(path));
    if (there == out.digest) {
      out.kept = true;
      return out;
    }
  }
  {
    KF_TRY_ASSIGN(const auto source, item.open());
    KF_TRY_ASSIGN(AtomicFile file, AtomicFile::create(path, item.mode));
    KF_TRY(check_fits(file.fd(), item.size, path.native()));
    KF_TRY_ASSIGN(out.digest, work.pass(*source, file.fd(), path.native()));
    KF_TRY(file.commit());
  }
  KF_TRY_ASSIGN(const crypto::Digest there, work.read_back(path));
  if (there != out.digest) {
    std::error_code ignored;
    fs::remove(path, ignored);
    return Failure(Error{ExitCode::integrity,
                         fmt::format("{}: the medium gives back other bytes than were written", path.native()),
                         "it is broken: take another one",
                         {}});
  }
  return out;
}

Item text_item(std::string_view name, std::string text, mode_t mode) {
  const auto shared = std::make_shared<const std::string>(std::move(text));
  return {.name = std::string(name), .size = shared->size(), .mode = mode, .open = [shared] {
            return Result<std::unique_ptr<Source>>(std::make_unique<MemorySource>(as_byte_view(*shared)));
          }};
}

/// The bundle's file as it is.
class WholeFile final : public Source {
public:
  explicit WholeFile(FileRandomSource file) : file_(std::move(file)) {}
  Result<std::size_t> read(MutableByteView buffer) override {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), file_.size() - position_));
    if (count > 0) {
      KF_TRY(file_.read_at(position_, buffer.first(count)));
    }
    position_ += count;
    return count;
  }

private:
  FileRandomSource file_;
  std::uint64_t position_ = 0;
};

struct Programs {
  std::vector<Item> items;
  std::string table;  ///< for the bootstrap script
  std::vector<std::string> absent;
};

Result<Programs> programs_of(const bundle::Bundle& bundle) {
  Programs out;
  for (const std::string& name : bundle.manifest().platforms) {
    KF_TRY_ASSIGN(const platforms::Platform* platform, platforms::find(name));
    const auto row = std::ranges::find_if(bundle.manifest().files, [&](const bundle::FileRow& file) {
      return file.component == bundle::k_own_component && file.platform == name;
    });
    if (row == bundle.manifest().files.end()) {
      out.absent.push_back(name);
      continue;
    }
    const std::string file = program_name(*platform);
    for (const std::string_view machine : platform->machines) {
      out.table += fmt::format("{}{} {} {}", out.table.empty() ? "" : "\n", machine, file, row->digest.hex());
    }
    out.items.push_back(
        {.name = file, .size = bundle.find(row->digest)->size, .mode = 0755, .open = [&bundle, digest = row->digest] {
           return bundle.stream(digest);
         }});
  }
  return out;
}

std::string bootstrap(const std::string& table) {
  const auto files = embedded_files();
  const auto file = std::ranges::find(files, k_bootstrap, &EmbeddedFile::name);
  std::string text(file->content);
  text.replace(text.find(k_place_of_programs), k_place_of_programs.size(), table);
  return text;
}

/// A directory that is there; whether the bundle itself lies in it.
Status check_directory(const bundle::Bundle& bundle, const fs::path& directory) {
  if (::mkdir(directory.c_str(), 0755) != 0 && errno != EEXIST) {
    return fail_errno(errno, directory.native());
  }
  KF_TRY_ASSIGN(const Fd opened, open_file(directory, O_RDONLY | O_DIRECTORY));
  std::error_code error;
  const fs::path source(bundle.name());
  if (fs::equivalent(source, directory / source.filename(), error)) {
    return Failure(Error{ExitCode::usage,
                         fmt::format("{}: the bundle is there already", directory.native()),
                         "--to names another directory, on the medium",
                         {}});
  }
  return {};
}

/// All of it must fit, and the longest by itself, before the first byte is written.
Status check_room(const fs::path& directory, const std::vector<Item>& items) {
  KF_TRY_ASSIGN(const Fd opened, open_file(directory, O_RDONLY | O_DIRECTORY));
  const auto space = space_at(opened.get(), directory.native());
  if (!space) {
    return {};  // writing will tell
  }
  std::uint64_t more = 0;
  for (const Item& item : items) {
    KF_TRY(check_fits(*space, item.size, item.size, (directory / item.name).native()));
    more += is_file_of(directory / item.name, item.size) ? 0 : item.size;
  }
  return check_fits(*space, more, 0, directory.native());
}

}  // namespace

Result<StickResult> stick(const bundle::Bundle& bundle, const StickOptions& options) {
  KF_TRY(check_directory(bundle, options.directory));
  KF_TRY_ASSIGN(Programs programs, programs_of(bundle));
  std::vector<Item> items;
  items.push_back({.name = fs::path(bundle.name()).filename().native(),
                   .size = bundle.file_bytes(),
                   .open = [&bundle]() -> Result<std::unique_ptr<Source>> {
                     KF_TRY_ASSIGN(FileRandomSource file, FileRandomSource::open(bundle.name()));
                     return std::unique_ptr<Source>(std::make_unique<WholeFile>(std::move(file)));
                   }});
  std::ranges::move(programs.items, std::back_inserter(items));
  if (!programs.table.empty()) {
    items.push_back(text_item(k_bootstrap, bootstrap(programs.table), 0755));
  }
  KF_TRY(check_room(options.directory, items));
  if (options.progress != nullptr) {
    std::uint64_t total = bundle::verify_bytes(bundle, bundle::Depth::chunks);
    std::ranges::for_each(items, [&](const Item& item) { total += 2 * item.size; });
    options.progress->set_total(total);
  }
  KF_TRY(bundle::verify(bundle, bundle::Depth::chunks, options.threads, options.progress, options.stop));

  StickResult result{.absent = std::move(programs.absent)};
  Work work{options};
  std::string sums;
  for (const Item& item : items) {
    KF_TRY_ASSIGN(StickFile file, put(work, item));
    sums += fmt::format("{}  {}\n", file.digest.hex(), file.name);
    result.files.push_back(std::move(file));
  }
  KF_TRY_ASSIGN(StickFile list, put(work, text_item(k_sums, std::move(sums), 0644)));
  result.files.push_back(std::move(list));
  return result;
}

}  // namespace kubeferry::builder

// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/node/kept_files.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <set>

#include <kubeferry/base/atomic_file.hpp>
#include <kubeferry/base/json.hpp>
#include <kubeferry/node/install.hpp>
#include <kubeferry/steps/basic_steps.hpp>
#include <kubeferry/steps/run.hpp>

namespace kubeferry::node {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t k_largest_list = std::uint64_t{16} << 20;
constexpr std::string_view k_file = "file";

std::string list_path() { return fmt::format("{}/before.json", k_kubeadm_directory); }

enum class Depth { whole, top };

/// Collects what is below directories, each path once.
class Keeper {
public:
  explicit Keeper(const host::Host& host) : host_(host), backups_(host) {}

  Status take_below(const std::string& directory, Depth depth) {
    std::error_code error;
    for (fs::directory_iterator entry(host_.at(directory), error), end; !error && entry != end;
         entry.increment(error)) {
      KF_TRY(take(fmt::format("{}/{}", directory, entry->path().filename().native()), depth));
    }
    const bool none = error == std::errc::no_such_file_or_directory || error == std::errc::not_a_directory;
    return error && !none ? Status(fail_errno(error.value(), directory)) : Status();
  }

  [[nodiscard]] Json list() && {
    Json out;
    out.set("directories", std::move(directories_)).set("files", std::move(files_));
    return out;
  }

private:
  Status take(const std::string& path, Depth depth) {
    struct stat info {};
    if (!seen_.insert(path).second) {
      return {};
    }
    if (::lstat(host_.at(path).c_str(), &info) != 0) {
      return fail_errno(errno, path);
    }
    if (S_ISDIR(info.st_mode) && depth == Depth::whole) {
      Json directory;
      directory.set("path", path).set("mode", std::uint64_t{info.st_mode & 07777U});
      directory.set("uid", std::uint64_t{info.st_uid}).set("gid", std::uint64_t{info.st_gid});
      directories_.push(std::move(directory));
      return take_below(path, depth);
    }
    if (S_ISREG(info.st_mode) || S_ISLNK(info.st_mode)) {
      KF_TRY_ASSIGN(Json prior, steps::text_file(path, "", 0600)->capture(host_, backups_));
      Json file;
      file.set("path", path).set("prior", std::move(prior));
      files_.push(std::move(file));
    }
    return {};
  }

  const host::Host& host_;
  steps::Backups backups_;
  std::set<std::string> seen_;
  Json directories_ = Json::array();
  Json files_ = Json::array();
};

Status give_directory_back(const host::Host& host, const JsonView& directory) {
  KF_TRY_ASSIGN(const std::string path, directory.string("path"));
  if (host.exists(path)) {
    return {};
  }
  KF_TRY_ASSIGN(const std::uint64_t mode, directory.unsigned_integer("mode"));
  KF_TRY_ASSIGN(const std::uint64_t uid, directory.unsigned_integer("uid"));
  KF_TRY_ASSIGN(const std::uint64_t gid, directory.unsigned_integer("gid"));
  std::error_code error;
  fs::create_directories(host.at(path), error);
  if (error) {
    return fail_errno(error.value(), path);
  }
  if (::chown(host.at(path).c_str(), static_cast<uid_t>(uid), static_cast<gid_t>(gid)) != 0 ||
      ::chmod(host.at(path).c_str(), static_cast<mode_t>(mode)) != 0) {
    return fail_errno(errno, path);
  }
  return {};
}

}  // namespace

bool files_are_kept(const host::Host& host) { return host.exists(list_path()); }

Status keep_files(const host::Host& host, const std::string& certificates_dir) {
  Keeper keeper(host);
  KF_TRY(keeper.take_below("/etc/kubernetes", Depth::whole));
  if (!certificates_dir.empty()) {
    KF_TRY(keeper.take_below(certificates_dir, Depth::whole));
  }
  KF_TRY(keeper.take_below("/var/lib/kubelet", Depth::top));
  return write_file_atomically(host.at(list_path()), to_text(std::move(keeper).list()), 0600);
}

Status give_files_back(const host::Host& host, const std::function<void(std::string_view)>& warning) {
  if (!files_are_kept(host)) {
    return {};
  }
  const std::string path = list_path();
  KF_TRY_ASSIGN(const std::string text, read_file(host.at(path), k_largest_list));
  KF_TRY_ASSIGN(const Json json, parse_json(text, path, {.bytes = k_largest_list, .depth = 8}));
  const JsonView view(json, path);
  KF_TRY_ASSIGN(const auto directories, view.elements("directories"));
  for (const JsonView& directory : directories) {
    KF_TRY(give_directory_back(host, directory));
  }
  const steps::Undoers undoers = steps::basic_undoers();
  steps::Backups backups(host);
  KF_TRY_ASSIGN(const auto files, view.elements("files"));
  for (const JsonView& file : files) {
    steps::Entry entry{.kind = std::string(k_file), .state = steps::State::begun};
    KF_TRY_ASSIGN(entry.target, file.string("path"));
    KF_TRY_ASSIGN(const JsonView prior, file.member("prior"));
    entry.prior = prior.value();
    KF_TRY(undoers.find(k_file)->second(host, entry, backups, warning));
  }
  return {};
}

}  // namespace kubeferry::node

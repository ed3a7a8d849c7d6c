// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/base/fd.hpp>
#include <kubeferry/base/result.hpp>
#include <kubeferry/bundle/manifest.hpp>
#include <kubeferry/host/host.hpp>
#include <kubeferry/host_packages/install.hpp>

namespace kubeferry::host_packages {

/// Installed packages with their versions; of several architectures, "name:architecture".
using Packages = std::map<std::string, std::string>;

/// Longer than a package manager takes to install a few dozen packages, emulated, on a slow disk.
inline constexpr std::chrono::hours k_patience{2};

/// Detail of an error of simulate(): what would have to go.
inline constexpr std::string_view k_in_the_way = "inTheWay";

/// A host's package manager, told of one repository.
class Manager {
public:
  virtual ~Manager() = default;

  virtual Result<Packages> installed() const = 0;
  /// Those of `names` that nothing installed satisfies.
  virtual Result<std::vector<std::string>> missing(std::span<const std::string> names) const = 0;
  /// Whether an interrupted run left something half done.
  virtual Result<bool> is_broken() const = 0;
  /// Finishes it.
  virtual Status repair() = 0;
  /// Writes its configuration into the folder, and reads the repository that lies there.
  virtual Status prepare(const bundle::PackageRepository& repository) = 0;
  /// What installing `names` would install; empty also when it cannot say.
  virtual Result<std::vector<Package>> simulate(std::span<const std::string> names) const = 0;
  virtual Status install(std::span<const std::string> names) = 0;
};

/// What both need: the host, the folder (as the host sees it), and where output goes.
struct Workshop {
  host::Host host;
  std::string folder;
  std::function<void(std::string_view piece)> program;

  [[nodiscard]] std::string in_folder(std::string_view name) const { return fmt::format("{}/{}", folder, name); }
  /// Runs a program that changes something, showing what it prints. io, no_space and locked errors that say what it
  /// complained of, with `hint`.
  Status work(std::vector<std::string> argv, const std::string& hint) const;
  /// Writes a small file of the folder, for everybody to read.
  Status write(std::string_view name, const std::string& text) const;
};

/// For the repository's format. unsupported_host error without its programs on the host.
Result<std::unique_ptr<Manager>> make_manager(Workshop workshop, const bundle::PackageRepository& repository);
Result<std::unique_ptr<Manager>> make_apt(Workshop workshop);
Result<std::unique_ptr<Manager>> make_rpm(Workshop workshop);

/// The folder of an installation, locked; goes with all that is in it. Files that an earlier run left are kept until
/// then: they are looked at by their digests.
class Workplace {
public:
  /// io errors; locked error while another run has it.
  static Result<Workplace> open(const host::Host& host);
  ~Workplace();
  Workplace(Workplace&& other) noexcept : path_(std::move(other.path_)), fd_(std::move(other.fd_)) {
    other.path_.clear();
  }
  Workplace& operator=(Workplace&&) = delete;
  Workplace(const Workplace&) = delete;
  Workplace& operator=(const Workplace&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }  ///< as we see it

private:
  Workplace(std::filesystem::path path, Fd fd) : path_(std::move(path)), fd_(std::move(fd)) {}

  std::filesystem::path path_;
  Fd fd_;
};

}  // namespace kubeferry::host_packages

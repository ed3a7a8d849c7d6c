// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>

#include <kubeferry/base/text.hpp>
#include <kubeferry/host_packages/distribution.hpp>

#include "manager.hpp"

namespace kubeferry::host_packages {

namespace {

constexpr std::string_view k_rpm_hint = "what it said is above; run the same command again when that is put right";

/// What a package manager is told so that it knows the repository in the folder and no other.
std::vector<std::string> only_repository(const std::string& program, const Workshop& shop) {
  if (program.ends_with("zypper")) {
    return {program,       "--non-interactive",     "--reposd-dir",   shop.in_folder("repos.d"),
            "--cache-dir", shop.in_folder("cache"), "--no-gpg-checks"};
  }
  // Plugins ask subscription services and the like, which are not there.
  return {program,
          "--assumeyes",
          "--noplugins",
          fmt::format("--setopt=reposdir={}", shop.in_folder("repos.d")),
          fmt::format("--setopt=cachedir={}", shop.in_folder("cache")),
          "--setopt=install_weak_deps=False"};
}

/// rpm(8) --checksig, without "-v": "FILE: digests signatures OK", before 4.14 "FILE: rsa sha1 (md5) pgp md5 OK". Words
/// in capitals are what does not hold, or has no key.
bool is_signed_by_known_key(std::string_view line) {
  return line.ends_with(" OK") && !line.ends_with("NOT OK") &&
         (line.find(" signatures ") != std::string_view::npos || line.find(" pgp ") != std::string_view::npos);
}

class Rpm final : public Manager {
public:
  Rpm(Workshop workshop, std::string rpm, std::string program)
      : shop_(std::move(workshop)), rpm_(std::move(rpm)), program_(std::move(program)) {}

  Result<Packages> installed() const override {
    KF_TRY_ASSIGN(const std::string text,
                  shop_.host.output_of({rpm_, "-qa", "--qf", "%{NAME} %{VERSION}-%{RELEASE} %{ARCH}\n"}, k_patience));
    Packages out;
    for (const auto line : split(text, '\n')) {
      const auto words = split(line, ' ');
      // Of kernels and keys there may be several.
      if (words.size() == 3 && words[0] != "gpg-pubkey") {
        out.insert_or_assign(printable(fmt::format("{}.{}", words[0], words[2])), printable(words[1]));
      }
    }
    return out;
  }

  Result<std::vector<std::string>> missing(std::span<const std::string> names) const override {
    std::vector<std::string> out;
    for (const auto& name : names) {
      const Command command{.argv = {rpm_, "-q", "--whatprovides", name}, .timeout = k_patience};
      KF_TRY_ASSIGN(const ProcessOutput output, shop_.host.run(command));
      if (output.exit_status != 0) {
        out.push_back(name);
      }
    }
    return out;
  }

  Result<bool> is_broken() const override { return false; }
  Status repair() override { return {}; }

  Status prepare(const bundle::PackageRepository& repository) override {
    KF_TRY_ASSIGN(const bool known, has_keys(repository));
    return shop_.write("repos.d/kubeferry.repo", source_text(repository, shop_.in_folder("repository"), known));
  }

  Result<std::vector<Package>> simulate(std::span<const std::string>) const override { return std::vector<Package>(); }

  Status install(std::span<const std::string> names) override {
    auto argv = only_repository(program_, shop_);
    argv.emplace_back("install");
    if (program_.ends_with("zypper")) {
      argv.emplace_back("--no-recommends");
    }
    argv.insert(argv.end(), names.begin(), names.end());
    return shop_.work(std::move(argv), std::string(k_rpm_hint));
  }

private:
  /// Whether the host knows the keys of all packages; then they are checked once more. If not, the bundle's digests are
  /// what proves them.
  Result<bool> has_keys(const bundle::PackageRepository& repository) const {
    Command command{.argv = {rpm_, "--checksig"}, .timeout = k_patience};
    for (const auto& file : repository.files) {
      if (repository.is_package(file.path)) {
        command.argv.push_back(fmt::format("{}/{}", shop_.in_folder("repository"), file.path));
      }
    }
    if (command.argv.size() == 2) {
      return false;
    }
    KF_TRY_ASSIGN(const ProcessOutput output, shop_.host.run(command));
    const auto lines = split(trim(output.out), '\n');
    return std::ranges::all_of(lines, [](std::string_view line) { return is_signed_by_known_key(trim(line)); });
  }

  Workshop shop_;
  std::string rpm_;
  std::string program_;
};

}  // namespace

Result<std::unique_ptr<Manager>> make_rpm(Workshop workshop) {
  const auto rpm = workshop.host.program("rpm");
  const Distribution distribution = read_distribution(workshop.host);
  const bool suse = fmt::format("{} {}", distribution.id, distribution.like).find("suse") != std::string::npos;
  std::vector<std::string_view> names = {"dnf", "dnf5", "yum", "microdnf", "zypper"};
  if (suse) {
    std::ranges::rotate(names, names.end() - 1);
  }
  for (const auto name : names) {
    if (const auto program = workshop.host.program(name); rpm && program) {
      return std::make_unique<Rpm>(std::move(workshop), *rpm, *program);
    }
  }
  return fail(ExitCode::unsupported_host,
              "these packages are installed by rpm with dnf, yum or zypper, and this host has {}",
              rpm ? "none of the three" : "no rpm");
}

Result<std::unique_ptr<Manager>> make_manager(Workshop workshop, const bundle::PackageRepository& repository) {
  return repository.format == bundle::k_deb ? make_apt(std::move(workshop)) : make_rpm(std::move(workshop));
}

}  // namespace kubeferry::host_packages

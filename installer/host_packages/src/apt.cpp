// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>

#include <kubeferry/base/text.hpp>
#include <kubeferry/host_packages/distribution.hpp>

#include "manager.hpp"

namespace kubeferry::host_packages {

namespace {

/// apt is told of nothing but the repository, by a configuration that is read after the host's own: sources, lists and
/// caches of its own, no hooks of `update` (they refresh what reads the host's lists), and no release that is to be
/// preferred, because apt refuses to work without a source of it. The clock was judged by the bundle's policy.
constexpr std::string_view k_configuration = R"(Dir::Etc::sourcelist "{folder}/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::State::lists "{folder}/lists";
Dir::Cache "{folder}/cache";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
APT::Default-Release "";
APT::Install-Recommends "false";
APT::Install-Suggests "false";
APT::Get::Assume-Yes "true";
APT::Get::Remove "false";
Acquire::Languages "none";
Acquire::Check-Date "false";
Acquire::Check-Valid-Until "false";
DPkg::Lock::Timeout "60";
DPkg::Options:: "--force-confdef";
DPkg::Options:: "--force-confold";
)";

constexpr std::string_view k_apt_hint =
    "what it said is above, and in /var/log/apt/term.log; run the same command again when that is put right";

/// "Inst socat [1.7.4-1] (1.7.4.4-2 kubeferry [arm64])" → socat, 1.7.4.4-2.
std::vector<Package> installations(std::string_view text) {
  std::vector<Package> out;
  for (const auto line : split(text, '\n')) {
    const auto words = split(line, ' ');
    const auto open = line.find('(');
    if (words.size() > 2 && words[0] == "Inst" && open != std::string_view::npos) {
      const auto rest = line.substr(open + 1);
      out.push_back({printable(words[1]), printable(rest.substr(0, rest.find_first_of(" )")))});
    }
  }
  std::ranges::sort(out, {}, &Package::name);
  return out;
}

class Apt final : public Manager {
public:
  struct Programs {
    std::string apt_get;
    std::string dpkg;
    std::string query;
  };
  Apt(Workshop workshop, Programs programs) : shop_(std::move(workshop)), programs_(std::move(programs)) {}

  Result<Packages> installed() const override {
    KF_TRY_ASSIGN(const std::string text,
                  shop_.host.output_of(
                      {programs_.query, "-W", "-f", "${db:Status-Status} ${binary:Package} ${Version}\n"}, k_patience));
    Packages out;
    for (const auto line : split(text, '\n')) {
      const auto words = split(line, ' ');
      if (words.size() == 3 && words[0] == "installed") {
        out.emplace(printable(words[1]), printable(words[2]));
      }
    }
    return out;
  }

  Result<std::vector<std::string>> missing(std::span<const std::string> names) const override {
    KF_TRY_ASSIGN(const std::string native, shop_.host.output_of({programs_.dpkg, "--print-architecture"}));
    KF_TRY_ASSIGN(const Packages there, installed());
    std::vector<std::string> out;
    for (const auto& name : names) {
      if (!there.contains(name) && !there.contains(fmt::format("{}:{}", name, trim(native)))) {
        out.push_back(name);
      }
    }
    return out;
  }

  /// dpkg's own word for it, and what it notes down while it works, which makes apt refuse to begin.
  Result<bool> is_broken() const override {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(shop_.host.at("/var/lib/dpkg/updates"), error)) {
      if (entry.path().filename().native().find_first_not_of("0123456789") == std::string::npos) {
        return true;
      }
    }
    KF_TRY_ASSIGN(const std::string audit, shop_.host.output_of({programs_.dpkg, "--audit"}, k_patience));
    return !trim(audit).empty();
  }

  Status repair() override {
    return shop_.work({programs_.dpkg, "--force-confdef", "--force-confold", "--configure", "-a"},
                      "a package of an interrupted run cannot be configured; what dpkg said is above");
  }

  Status prepare(const bundle::PackageRepository& repository) override {
    // apt makes the folders below them itself, but not these.
    for (const auto* const name : {"lists", "cache"}) {
      std::error_code error;
      std::filesystem::create_directories(shop_.host.at(shop_.in_folder(name)), error);
      if (error) {
        return fail_errno(error.value(), shop_.in_folder(name));
      }
    }
    KF_TRY(shop_.write("apt.conf", expand(k_configuration, {{"folder", shop_.folder}})));
    KF_TRY(shop_.write("sources.list", source_text(repository, shop_.in_folder("repository"))));
    Workshop quiet = shop_;
    quiet.program = nullptr;  // three lines about files that a repository without signatures has not
    return quiet.work(apt_get({"update"}), "the bundle's repository cannot be read; please report this");
  }

  Result<std::vector<Package>> simulate(std::span<const std::string> names) const override {
    Command command{.argv = apt_get({"--simulate", "--fix-broken", "install"}), .timeout = k_patience};
    command.argv.insert(command.argv.end(), names.begin(), names.end());
    KF_TRY_ASSIGN(const ProcessOutput output, shop_.host.run(command));
    if (output.exit_status == 0) {
      return installations(output.out);
    }
    return Failure(refusal(output));
  }

  Status install(std::span<const std::string> names) override {
    auto argv = apt_get({"--fix-broken", "install"});
    argv.insert(argv.end(), names.begin(), names.end());
    return shop_.work(std::move(argv), std::string(k_apt_hint));
  }

private:
  std::vector<std::string> apt_get(std::vector<std::string> rest) const {
    rest.insert(rest.begin(), {programs_.apt_get, "-c", shop_.in_folder("apt.conf"), "-q"});
    return rest;
  }

  /// What apt would remove, which it says before it says that it may not.
  static std::vector<std::string> removals(std::string_view text) {
    std::vector<std::string> names;
    bool listed = false;
    for (const auto line : split(text, '\n')) {
      if (!line.starts_with(' ')) {
        listed = line.find("REMOVED:") != std::string_view::npos;
        continue;
      }
      for (const auto name : split(line, ' ')) {
        if (listed && !name.empty()) {
          names.push_back(printable(name));
        }
      }
    }
    return names;
  }

  /// apt explains over several lines what it cannot do; the last but one that is indented names the package.
  static Error refusal(const ProcessOutput& output) {
    if (const auto names = removals(output.out); !names.empty()) {
      return Error{ExitCode::io,
                   fmt::format("apt-get would have to remove {} for this", fmt::join(names, ", ")),
                   "nothing was changed, and nothing is ever removed: name the packages that you want without that one",
                   {}}
          .with_detail(std::string(k_in_the_way), fmt::format("{}", fmt::join(names, " ")));
    }
    std::string why;
    for (const auto line : split(output.out, '\n')) {
      if (line.starts_with(' ') && line.find(':') != std::string_view::npos) {
        why = printable(trim(line));
      }
    }
    std::string first = host::last_line(output.err);
    for (const auto line : split(output.err, '\n')) {
      if (line.starts_with("E: ")) {
        first = printable(line.substr(3));
        break;
      }
    }
    return {ExitCode::io,
            fmt::format("apt-get cannot install this: {}{}", first, why.empty() ? "" : fmt::format(" ({})", why)),
            "nothing was changed; a package that this host holds, or has from elsewhere, may be in the way",
            {}};
  }

  Workshop shop_;
  Programs programs_;
};

}  // namespace

Result<std::unique_ptr<Manager>> make_apt(Workshop workshop) {
  const auto apt_get = workshop.host.program("apt-get");
  const auto dpkg = workshop.host.program("dpkg");
  const auto query = workshop.host.program("dpkg-query");
  if (!apt_get || !dpkg || !query) {
    return fail(ExitCode::unsupported_host, "these packages are installed by apt-get and dpkg, and this host has no {}",
                !apt_get ? "apt-get"
                : !dpkg  ? "dpkg"
                         : "dpkg-query");
  }
  return std::make_unique<Apt>(std::move(workshop), Apt::Programs{*apt_get, *dpkg, *query});
}

}  // namespace kubeferry::host_packages

// SPDX-License-Identifier: Apache-2.0
#include <filesystem>

#include <kubeferry/host_packages/install.hpp>

namespace kubeferry::host_packages {

namespace {

/// Programs of the system below a folder, run in it.
class ChrootRunner final : public host::Runner {
public:
  ChrootRunner(std::string chroot, std::string root) : chroot_(std::move(chroot)), root_(std::move(root)) {}

  Result<ProcessOutput> run(const Command& command) override {
    Command inside = command;
    inside.argv.insert(inside.argv.begin(), {chroot_, root_});
    return system_.run(inside);
  }

private:
  std::string chroot_;
  std::string root_;
  host::SystemRunner system_;
};

}  // namespace

Result<host::Host> host_below(const std::string& root) {
  const host::Host machine = host::Host::local();
  if (root.empty()) {
    return machine;
  }
  std::error_code error;
  const std::filesystem::path canonical = std::filesystem::canonical(root, error);
  if (error || !std::filesystem::is_directory(canonical / "etc", error)) {
    return fail(ExitCode::usage, "--root: {}: no system is there", root);
  }
  const std::filesystem::path cache = std::filesystem::canonical(canonical / "var/cache", error);
  if (error || cache != canonical / "var/cache") {
    return Failure(Error{ExitCode::unsupported_host,
                         fmt::format("{}: its /var/cache is missing, or a symbolic link", canonical.native()),
                         "from outside such a link leads elsewhere; enter the system yourself and run kubeferry there",
                         {}});
  }
  const auto chroot = machine.program("chroot");
  if (!chroot) {
    return fail(ExitCode::unsupported_host, "--root needs chroot(8), and this host has none");
  }
  return host::Host(canonical, std::make_shared<ChrootRunner>(*chroot, canonical.native()));
}

}  // namespace kubeferry::host_packages

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <kubeferry/bundle/bundle.hpp>
#include <kubeferry/host/host.hpp>

#include "sample.hpp"

namespace kubeferry::host_packages::testing_support {

using bundle::testing_support::Folder;

/// Answers for programs as the test says, and remembers what was asked.
class Answering final : public host::Runner {
public:
  std::function<ProcessOutput(const std::vector<std::string>& argv)> answer;
  std::vector<std::string> asked;  ///< command lines, in their order
  std::vector<Command> commands;
  Result<ProcessOutput> run(const Command& command) override;
  /// Whether a command line that contains `words` was run.
  [[nodiscard]] bool ran(const std::string& words) const;
};

/// A host in a folder, with programs that only the runner knows.
class Machine {
public:
  Machine();
  void write(const std::string& path, const std::string& text) const;
  void program(const std::string& name) const;
  [[nodiscard]] host::Host host() const { return {folder_.path(), runner_}; }
  [[nodiscard]] std::filesystem::path at(const std::string& path) const { return folder_.path() / path.substr(1); }
  [[nodiscard]] Answering& runner() const { return *runner_; }

private:
  Folder folder_;
  std::shared_ptr<Answering> runner_ = std::make_shared<Answering>();
};

/// "debian-12", deb, for linux/amd64, to install socat and conntrack; its files are blobs of the sample's.
bundle::PackageRepository deb_repository();
bundle::PackageRepository rpm_repository();

/// A bundle with one repository, signed by a key of its own.
class PackageBundle {
public:
  explicit PackageBundle(bundle::PackageRepository repository);
  [[nodiscard]] const bundle::Bundle& bundle() const { return *bundle_; }
  [[nodiscard]] const bundle::PackageRepository& repository() const { return bundle_->manifest().packages.front(); }
  [[nodiscard]] std::filesystem::path path() const { return folder_ / "bundle"; }

private:
  Folder folder_;
  std::shared_ptr<const bundle::Bundle> bundle_;
};

}  // namespace kubeferry::host_packages::testing_support

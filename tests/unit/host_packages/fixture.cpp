// SPDX-License-Identifier: Apache-2.0
#include "fixture.hpp"

#include <algorithm>
#include <stdexcept>

namespace kubeferry::host_packages::testing_support {

namespace fs = std::filesystem;

Result<ProcessOutput> Answering::run(const Command& command) {
  asked.push_back(fmt::format("{}", fmt::join(command.argv, " ")));
  commands.push_back(command);
  return answer ? answer(command.argv) : ProcessOutput{};
}

bool Answering::ran(const std::string& words) const {
  return std::ranges::any_of(asked, [&](const std::string& line) { return line.find(words) != std::string::npos; });
}

Machine::Machine() {
  fs::create_directories(at("/var/cache"));
  fs::create_directories(at("/var/lib/dpkg/updates"));
}

void Machine::write(const std::string& path, const std::string& text) const {
  fs::create_directories(at(path).parent_path());
  bundle::testing_support::write_text(at(path), text);
}

void Machine::program(const std::string& name) const {
  write("/usr/bin/" + name, "");
  fs::permissions(at("/usr/bin/" + name), fs::perms(0755));
}

bundle::PackageRepository deb_repository() {
  return {.name = "debian-12",
          .format = "deb",
          .platform = "linux/amd64",
          .distribution = "debian",
          .distribution_version = "12",
          .install = {"socat", "conntrack"},
          .files = {{"pool/socat_1.7.4.4-2_amd64.deb", {}, ""}, {"Packages", {}, ""}, {"Release", {}, ""}}};
}

bundle::PackageRepository rpm_repository() {
  return {.name = "rocky-9",
          .format = "rpm",
          .platform = "linux/amd64",
          .distribution = "rocky",
          .distribution_version = "9",
          .install = {"socat", "conntrack-tools"},
          .files = {{"packages/socat-1.7.4.1-5.el9.x86_64.rpm", {}, ""}, {"repodata/repomd.xml", {}, ""}}};
}

PackageBundle::PackageBundle(bundle::PackageRepository repository) {
  const auto key = crypto::PrivateKey::generate(crypto::KeyAlgorithm::ed25519).value();
  bundle::testing_support::Sample sample = bundle::testing_support::make_sample();
  for (std::size_t n = 0; n < repository.files.size(); ++n) {
    repository.files[n].digest = sample.plan.rows[n + 2].digest;
  }
  sample.plan.manifest.packages = {std::move(repository)};
  sample.plan.manifest.minimum_tool = std::string(bundle::k_packages_since);
  const auto writer = bundle::Writer::open(path(), sample.plan).value();
  if (!bundle::testing_support::write_all_rows(*writer, sample, key)) {
    throw std::runtime_error("the sample cannot be written");
  }
  bundle_ = bundle::Bundle::open(path(), crypto::Keyset::of(key.public_key(), "site")).value();
}

}  // namespace kubeferry::host_packages::testing_support

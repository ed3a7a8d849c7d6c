// SPDX-License-Identifier: Apache-2.0
#include "registry_plan.hpp"

#include <chrono>

#include <kubeferry/base/fd.hpp>
#include <kubeferry/crypto/hasher.hpp>
#include <kubeferry/node/install.hpp>
#include <kubeferry/runtime/registry_service.hpp>
#include <kubeferry/steps/basic_steps.hpp>

#include "host_plan.hpp"

namespace kubeferry::node {

namespace {

constexpr const char* k_self = "/proc/self/exe";
constexpr std::string_view k_program = "/usr/local/bin/kubeferry";

/// This very program, so that the service runs what installed it.
Result<std::unique_ptr<const steps::Step>> own_program() {
  KF_TRY_ASSIGN(FileRandomSource opened, FileRandomSource::open(k_self));
  const auto self = std::make_shared<const FileRandomSource>(std::move(opened));
  bundle::ContentSource whole(self);
  crypto::HashingSink hash;
  KF_TRY(copy_all(whole, hash));
  const auto open = [self]() -> Result<std::unique_ptr<Source>> {
    return std::unique_ptr<Source>(std::make_unique<bundle::ContentSource>(self));
  };
  return steps::content_file(std::string(k_program), {hash.finish(), self->size(), open}, 0755);
}

}  // namespace

std::string bundle_path(const crypto::Digest& manifest) {
  return fmt::format("{}/{}.tar.zst", k_bundle_directory, manifest.hex());
}

Result<NodeRegistry> registry_plan(const host::Host& host, const RegistryWants& wants) {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  runtime::RegistryService service{.bundles = {bundle_path(wants.manifest)},
                                   .trust = std::string(k_trust_file),
                                   .accepted = {wants.manifest},
                                   .address = wants.address,
                                   .port = wants.port,
                                   .names = {wants.address},
                                   .program = std::string(k_program)};
  service.names.insert(service.names.end(), wants.names.begin(), wants.names.end());
  KF_TRY_ASSIGN(const auto identity,
                runtime::registry_identity(host, runtime::k_registry_identity_directory, service.names, now));
  NodeRegistry out{.place = service.place(), .ca_pem = identity.authority};
  KF_TRY_ASSIGN(auto program, own_program());
  out.plan.push_back(std::move(program));
  out.plan.push_back(steps::text_file(std::string(k_trust_file), wants.trust.to_text(), 0644));
  out.plan.push_back(steps::directory(std::string(k_bundle_directory), 0755, steps::Remove::with_content));
  out.plan.push_back(wants.bring(bundle_path(wants.manifest)));
  append(out.plan, runtime::registry_service(service, runtime::service_manager(host), identity));
  return out;
}

}  // namespace kubeferry::node

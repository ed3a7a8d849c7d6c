// SPDX-License-Identifier: Apache-2.0
#include "registry_plan.hpp"

#include <fcntl.h>

#include <algorithm>
#include <chrono>

#include <kubeferry/base/fd.hpp>
#include <kubeferry/crypto/hasher.hpp>
#include <kubeferry/node/install.hpp>
#include <kubeferry/runtime/registry_service.hpp>
#include <kubeferry/source/fetch_bundle.hpp>
#include <kubeferry/steps/basic_steps.hpp>

#include "bundle_copy.hpp"
#include "host_plan.hpp"

namespace kubeferry::node {

namespace {

constexpr const char* k_self = "/proc/self/exe";
constexpr std::string_view k_program = "/usr/local/bin/kubeferry";

/// A file as a source that owns its descriptor.
class FileSource final : public Source {
public:
  explicit FileSource(Fd fd) : fd_(std::move(fd)), inner_(fd_.get(), k_self) {}
  Result<std::size_t> read(MutableByteView buffer) override { return inner_.read(buffer); }

private:
  Fd fd_;
  FdSource inner_;
};

/// This very program, so that the service runs what installed it.
Result<std::unique_ptr<const steps::Step>> own_program() {
  KF_TRY_ASSIGN(const Fd fd, open_file(k_self, O_RDONLY));
  KF_TRY_ASSIGN(const std::uint64_t size, file_size(fd.get(), k_self));
  FdSource source(fd.get(), k_self);
  crypto::Hasher hasher;
  std::vector<std::byte> buffer(std::size_t{1} << 20);
  for (;;) {
    KF_TRY_ASSIGN(const std::size_t count, source.read(buffer));
    if (count == 0) {
      break;
    }
    hasher.update(std::span(buffer).first(count));
  }
  const auto open = []() -> Result<std::unique_ptr<Source>> {
    KF_TRY_ASSIGN(Fd again, open_file(k_self, O_RDONLY));
    return std::unique_ptr<Source>(std::make_unique<FileSource>(std::move(again)));
  };
  return steps::content_file(std::string(k_program), {hasher.finish(), size, open}, 0755);
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
  out.plan.push_back(wants.bring
                         ? wants.bring(bundle_path(wants.manifest))
                         : bundle_copy(wants.bundle_file, bundle_path(wants.manifest), wants.bytes, wants.trust));
  append(out.plan, runtime::registry_service(service, runtime::service_manager(host), identity));
  return out;
}

}  // namespace kubeferry::node

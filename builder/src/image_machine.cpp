// SPDX-License-Identifier: Apache-2.0
#include "image_machine.hpp"

#include <kubeferry/archive/tarball.hpp>

#include "pipe.hpp"

namespace kubeferry::builder {

Result<const platforms::Platform*> machine_of(registry::Client& client, const registry::Repository& repository,
                                              const oci::Manifest& manifest) {
  for (const oci::Descriptor& layer : manifest.layers) {
    KF_TRY_ASSIGN(const auto transfer, Pipe::start([&](net::RestartableSink& sink) {
                    return client.transfer_blob(repository, layer, sink, 0);
                  }));
    const platforms::Platform* found = nullptr;
    const Status read = archive::read_tarball(*transfer, layer.digest.to_string(), {},
                                              [&](const archive::TarballMember&, Source& content) -> Status {
                                                KF_TRY_ASSIGN(const Bytes head, platforms::head_of(content));
                                                found = platforms::of_elf(head);
                                                // Nothing after the first one is worth fetching.
                                                return found == nullptr ? Status() : fail(ExitCode::format, "enough");
                                              });
    if (found != nullptr) {
      return found;
    }
    if (!read && read.error().code == ExitCode::interrupted) {
      return Failure(read.error());
    }
  }
  return nullptr;
}

}  // namespace kubeferry::builder

// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/source/fetch_bundle.hpp>

#include <algorithm>
#include <system_error>

#include <kubeferry/base/workers.hpp>

#include "partial_file.hpp"

namespace kubeferry::source {

namespace {

struct Span {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

Span span_of(const RemoteBundle& remote, std::size_t index) {
  const bundle::Manifest& manifest = remote.manifest();
  const std::uint64_t start = index * manifest.chunk_size;
  return {remote.front_bytes().size() + start, std::min(manifest.chunk_size, manifest.payload_length - start)};
}

Result<bool> is_there(const PartialFile& file, const RemoteBundle& remote, std::size_t index) {
  if (!file.resumed()) {
    return false;
  }
  const Span span = span_of(remote, index);
  Bytes bytes(static_cast<std::size_t>(span.length));
  KF_TRY(read_exactly_at(file.fd(), span.offset, bytes, file.name()));
  return crypto::Digest::of(bytes) == remote.manifest().chunks[index];
}

Status bring(const PartialFile& file, const RemoteBundle& remote, std::size_t index) {
  KF_TRY_ASSIGN(const bool there, is_there(file, remote, index));
  if (there) {
    return {};
  }
  KF_TRY_ASSIGN(const Bytes bytes, remote.fetch_chunk(index));
  return write_all_at(file.fd(), span_of(remote, index).offset, bytes, file.name());
}

/// The bundle at `path`, when it is the one that is wanted.
Result<std::shared_ptr<const bundle::Bundle>> present(const RemoteBundle& remote, const FetchOptions& options) {
  auto bundle = bundle::Bundle::open(options.path, remote.trust(), options.reread);
  if (bundle && (*bundle)->manifest_digest() == remote.manifest_digest()) {
    return bundle;
  }
  return Failure(Error{ExitCode::usage,
                       fmt::format("{}: is there, and is not the bundle {}", options.path.native(),
                                   remote.manifest_digest().to_string()),
                       "name another file, or remove this one",
                       {}});
}

}  // namespace

Result<std::shared_ptr<const bundle::Bundle>> fetch_bundle(const RemoteBundle& remote, const FetchOptions& options) {
  std::error_code ignored;
  if (std::filesystem::exists(std::filesystem::symlink_status(options.path, ignored))) {
    return present(remote, options);
  }
  const std::uint64_t front = remote.front_bytes().size();
  const std::uint64_t total = front + remote.manifest().payload_length;
  KF_TRY_ASSIGN(PartialFile file, PartialFile::open(options.path, total));
  if (options.progress != nullptr) {
    options.progress->set_total(total);
  }
  const auto report = [&](std::uint64_t bytes) {
    if (options.progress != nullptr) {
      options.progress->add(bytes);
    }
  };
  KF_TRY(write_all_at(file.fd(), 0, remote.front_bytes(), file.name()));
  report(front);
  KF_TRY(for_each_index(remote.manifest().chunks.size(), std::max<std::size_t>(options.transfers, 1), options.stop,
                        [&](std::size_t index) -> Status {
                          KF_TRY(bring(file, remote, index));
                          report(span_of(remote, index).length);
                          return {};
                        }));
  KF_TRY(file.publish());
  return bundle::Bundle::open(options.path, remote.trust(), options.reread);
}

}  // namespace kubeferry::source

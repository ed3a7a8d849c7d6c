// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/base/workers.hpp>

#include "mirror_run.hpp"

namespace kubeferry::installer {

namespace {

Status check_blob(MirrorRun& run, const SentBlob& sent) {
  const std::string name = run.name(sent.repository, {}, sent.blob.digest);
  auto size = run.client().blob_size(run.at(sent.repository), sent.blob.digest);
  if (!size) {
    return run.failed(name, std::move(size).error());
  }
  if (!*size) {
    run.missing(name, "is not there, though the registry accepted it", ExitCode::integrity);
  } else if (**size != sent.blob.size) {
    run.missing(name, fmt::format("has {} bytes there instead of {}", **size, sent.blob.size), ExitCode::integrity);
  }
  return {};
}

Status check_manifest(MirrorRun& run, const SentManifest& sent) {
  const std::string name = run.name(sent.repository, sent.tag, sent.digest);
  oci::Reference reference{run.options().target.registry, sent.repository, sent.tag, sent.digest};
  (sent.tag.empty() ? reference.tag.reset() : reference.digest.reset());
  auto now = run.client().manifest(reference);
  if (now) {
    if (now->digest != sent.digest) {
      run.missing(name, fmt::format("is {} there, not {}", now->digest.to_string(), sent.digest.to_string()),
                  ExitCode::integrity);
    }
    return {};
  }
  if (has_status(now.error(), "404")) {
    run.missing(name, "is not there, though the registry accepted it", ExitCode::integrity);
    return {};
  }
  // Other bytes than those that were sent are the target's fault, not the end of the run.
  if (now.error().code == ExitCode::integrity || now.error().code == ExitCode::format) {
    run.missing(name, now.error().message, ExitCode::integrity);
    return {};
  }
  return run.failed(name, std::move(now).error());
}

}  // namespace

Status check_target(MirrorRun& run) {
  const auto& blobs = run.sent_blobs();
  const auto& manifests = run.sent_manifests();
  return for_each_index(blobs.size() + manifests.size(), run.options().jobs, run.options().stop, [&](std::size_t n) {
    return n < blobs.size() ? check_blob(run, blobs[n]) : check_manifest(run, manifests[n - blobs.size()]);
  });
}

}  // namespace kubeferry::installer

// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/bundle/verify.hpp>

#include <algorithm>
#include <set>

#include <kubeferry/archive/tar.hpp>
#include <kubeferry/base/text.hpp>
#include <kubeferry/base/workers.hpp>
#include <kubeferry/bundle/layout.hpp>
#include <kubeferry/crypto/hasher.hpp>
#include <kubeferry/crypto/sha256.hpp>
#include <kubeferry/oci/layout.hpp>
#include <kubeferry/oci/manifest.hpp>
#include <kubeferry/oci/media_type.hpp>

namespace kubeferry::bundle {

namespace {

/// The blob whose stored bytes hold payload byte `offset`, for a message that a person can act on.
const BlobRow* blob_at(const Manifest& manifest, std::uint64_t from, std::uint64_t to) {
  const auto found = std::find_if(manifest.blobs.begin(), manifest.blobs.end(), [&](const BlobRow& row) {
    return row.offset < to && from < row.offset + row.stored;
  });
  return found == manifest.blobs.end() ? nullptr : &*found;
}

Status damaged(const Bundle& bundle, std::size_t index) {
  const VerifiedPayload& payload = bundle.payload();
  Failure failure = payload.damaged(index);
  const std::uint64_t from = index * payload.chunk_size();
  if (const BlobRow* row = blob_at(bundle.manifest(), from, from + payload.chunk_size())) {
    failure.value().message += fmt::format("; it belongs to {}", row->tar_name());
    failure.value().detail.emplace_back("blob", row->digest.to_string());
  }
  return failure;
}

Status verify_chunks(const Bundle& bundle, std::size_t threads, Progress* progress, const std::stop_token& stop) {
  const VerifiedPayload& payload = bundle.payload();
  const std::size_t together = crypto::sha256_lanes();
  const std::size_t groups = (payload.chunk_count() + together - 1) / together;
  return for_each_index(groups, threads, stop, [&](std::size_t group) -> Status {
    const std::size_t first = group * together;
    const std::size_t count = std::min(together, payload.chunk_count() - first);
    KF_TRY_ASSIGN(const auto wrong, payload.find_damaged(first, count));
    if (wrong) {
      return damaged(bundle, *wrong);
    }
    if (progress != nullptr) {
      const std::uint64_t from = first * payload.chunk_size();
      progress->add(std::min(count * payload.chunk_size(), payload.size() - from));
    }
    return {};
  });
}

Status verify_blob(const Bundle& bundle, const BlobRow& row, Progress* progress) {
  auto content = bundle.content(row.digest);
  KF_TRY(content);
  ContentSource source(*content);
  crypto::VerifyingSource verified(source, row.digest, row.size, row.tar_name());
  Bytes buffer(std::size_t{128} * 1024);
  for (;;) {
    KF_TRY_ASSIGN(const std::size_t count, verified.read(buffer));
    if (count == 0) {
      return {};
    }
    if (progress != nullptr) {
      progress->add(count);
    }
  }
}

Status verify_one_manifest(const Bundle& bundle, const oci::Descriptor& descriptor, const std::string& who,
                           std::set<crypto::Digest>& seen) {
  if (!seen.insert(descriptor.digest).second) {
    return {};
  }
  KF_TRY_ASSIGN(const Bytes bytes, bundle.read(descriptor.digest, oci::k_max_manifest_bytes));
  KF_TRY_ASSIGN(const oci::Manifest manifest, oci::parse_manifest(bytes, descriptor.media_type, who));
  const auto need = [&](const oci::Descriptor& part) -> Status {
    const BlobRow* row = bundle.find(part.digest);
    if (row == nullptr || row->size != part.size) {
      return fail(ExitCode::integrity, "{}: {} is incomplete: {} ({} bytes) is not in the bundle", bundle.name(), who,
                  part.digest.to_string(), part.size);
    }
    return {};
  };
  KF_TRY(need(manifest.config));
  for (const auto& layer : manifest.layers) {
    KF_TRY(need(layer));
  }
  return {};
}

Status verify_images(const Bundle& bundle) {
  std::set<crypto::Digest> seen;
  for (const auto* rows : {&bundle.manifest().images, &bundle.manifest().artifacts}) {
    for (const auto& image : *rows) {
      for (const auto& part : image.manifests) {
        KF_TRY(verify_one_manifest(bundle, part.descriptor, image.reference + " for " + part.platform, seen));
      }
    }
  }
  return {};
}

std::string name_in_layout(const oci::Descriptor& descriptor) {
  for (const std::string_view key : {oci::k_annotation_containerd_name, oci::k_annotation_ref_name}) {
    for (const auto& [name, value] : descriptor.annotations) {
      if (name == key) {
        return value;
      }
    }
  }
  return {};
}

/// index.json is to stock tools what the manifest's images are to us: what it names, and only that, must be there.
Status verify_index(const Bundle& bundle) {
  using Name = std::pair<std::string, crypto::Digest>;
  const Manifest& manifest = bundle.manifest();
  std::set<Name> meant;
  std::set<crypto::Digest> artifacts;  // need no name there
  for (const auto& image : manifest.images) {
    meant.emplace(image.reference, image.descriptor.digest);
  }
  for (const auto& artifact : manifest.artifacts) {
    artifacts.insert(artifact.descriptor.digest);
  }
  KF_TRY_ASSIGN(const Bytes bytes, bundle.read(manifest.blobs[1].digest, oci::k_max_manifest_bytes));
  KF_TRY_ASSIGN(const oci::Index index, oci::parse_index(bytes, oci::k_oci_index, "index.json"));
  for (const auto& entry : index.manifests) {
    const Name name(name_in_layout(entry), entry.digest);
    const BlobRow* row = bundle.find(entry.digest);
    if (row == nullptr || row->size != entry.size || (meant.erase(name) == 0 && artifacts.erase(entry.digest) == 0)) {
      return fail(ExitCode::format, "{}: index.json names {} ({}, {} bytes), and its manifest does not", bundle.name(),
                  name.first.empty() ? "nothing" : printable(name.first), entry.digest.to_string(), entry.size);
    }
  }
  if (!meant.empty() || !artifacts.empty()) {
    return fail(ExitCode::format, "{}: index.json lacks {}", bundle.name(),
                meant.empty() ? artifacts.begin()->to_string() : meant.begin()->first);
  }
  return {};
}

/// The glue and the seek table say again what the manifest says; tools that know no manifest believe them.
Status verify_framing(const Bundle& bundle) {
  const Manifest& manifest = bundle.manifest();
  const VerifiedPayload& payload = bundle.payload();
  const auto same = [&](std::uint64_t offset, const Bytes& expected, std::string_view what) -> Status {
    Bytes there(static_cast<std::size_t>(std::min<std::uint64_t>(expected.size(), payload.size() - offset)));
    KF_TRY(payload.read_at(offset, there));
    if (there != expected) {
      return fail(ExitCode::format, "{}: {} is not what its manifest implies", bundle.name(), what);
    }
    return {};
  };
  std::uint64_t position = 0;
  std::uint64_t previous = 0;
  std::vector<archive::FrameSize> frames;
  append_front_frames(frames, bundle.front().header.payload_offset);
  for (const auto& row : manifest.blobs) {
    KF_TRY_ASSIGN(const Bytes glue, glue_before(row, previous));
    KF_TRY(same(position, glue, "the tar header of " + row.tar_name()));
    append_raw_frames(frames, archive::tar_padding(previous) + archive::k_tar_block_bytes);
    KF_TRY(append_content_frames(frames, row, payload));
    position = row.offset + row.stored;
    previous = row.size;
  }
  const Bytes end = glue_at_end(previous);
  KF_TRY(same(position, end, "the end of the tar stream"));
  append_raw_frames(frames, archive::tar_padding(previous) + archive::k_tar_end_bytes);
  position += end.size();
  const Bytes table = archive::seek_table(frames);
  KF_TRY(same(position, table, "the seek table"));
  if (position + table.size() != payload.size()) {
    return fail(ExitCode::format, "{}: bytes follow its seek table", bundle.name());
  }
  return {};
}

}  // namespace

std::uint64_t verify_bytes(const Bundle& bundle, Depth depth) {
  std::uint64_t total = bundle.payload().size();
  if (depth == Depth::blobs) {
    for (const auto& row : bundle.manifest().blobs) {
      total += row.size;
    }
  }
  return total;
}

Status verify(const Bundle& bundle, Depth depth, std::size_t threads, Progress* progress, const std::stop_token& stop) {
  KF_TRY(verify_chunks(bundle, threads, progress, stop));
  if (depth == Depth::chunks) {
    return {};
  }
  KF_TRY(verify_framing(bundle));
  KF_TRY(verify_images(bundle));
  KF_TRY(verify_index(bundle));
  const auto& rows = bundle.manifest().blobs;
  return for_each_index(rows.size(), threads, stop,
                        [&](std::size_t index) { return verify_blob(bundle, rows[index], progress); });
}

}  // namespace kubeferry::bundle

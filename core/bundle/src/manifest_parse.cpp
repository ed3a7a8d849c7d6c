// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <bit>
#include <set>
#include <unordered_map>

#include <kubeferry/base/node_path.hpp>
#include <kubeferry/base/version.hpp>
#include <kubeferry/bundle/encoding.hpp>
#include <kubeferry/bundle/front.hpp>
#include <kubeferry/bundle/json_fields.hpp>
#include <kubeferry/bundle/layout.hpp>
#include <kubeferry/bundle/manifest.hpp>
#include <kubeferry/oci/reference.hpp>

namespace kubeferry::bundle {

namespace {

constexpr std::uint64_t k_smallest_chunk = std::uint64_t{64} * 1024;
constexpr std::uint64_t k_largest_chunk = std::uint64_t{16} * 1024 * 1024;
/// 2^50 bytes: far beyond any bundle, far below where sums of offsets could overflow.
constexpr std::uint64_t k_largest_payload = std::uint64_t{1} << 50;

Result<BlobRow> blob_row(const JsonView& view) {
  KF_TRY(view.only({"digest", "size", "offset", "stored", "encoding", "name"}));
  BlobRow row;
  KF_TRY_ASSIGN(row.digest, digest_at(view, "digest"));
  KF_TRY_ASSIGN(row.size, view.unsigned_integer("size"));
  KF_TRY_ASSIGN(row.offset, view.unsigned_integer("offset"));
  KF_TRY_ASSIGN(row.stored, view.unsigned_integer("stored"));
  KF_TRY_ASSIGN(row.encoding, view.string("encoding"));
  KF_TRY_ASSIGN(row.name, view.string_or("name", ""));
  if (row.size > k_largest_payload || row.stored > k_largest_payload) {
    return fail(ExitCode::limit, "{}: {} bytes are more than a bundle can hold", view.path(),
                std::max(row.size, row.stored));
  }
  KF_TRY(check_encoding(row));
  return row;
}

Result<ImageRow> image_row(const JsonView& view) {
  KF_TRY(view.only({"reference", "mediaType", "digest", "size", "manifests", "omitted"}));
  ImageRow row;
  KF_TRY_ASSIGN(row.reference, view.string("reference"));
  const auto reference = oci::Reference::parse(row.reference);
  if (!reference || reference->to_string() != row.reference) {
    return view.wrong("is no canonical reference");
  }
  KF_TRY_ASSIGN(row.descriptor, descriptor_at(view));
  KF_TRY_ASSIGN(const auto manifests, view.elements("manifests"));
  for (const auto& item : manifests) {
    KF_TRY(item.only({"platform", "mediaType", "digest", "size"}));
    PlatformManifest manifest;
    KF_TRY_ASSIGN(manifest.platform, item.string("platform"));
    KF_TRY_ASSIGN(manifest.descriptor, descriptor_at(item));
    row.manifests.push_back(std::move(manifest));
  }
  KF_TRY_ASSIGN(row.omitted, strings_at(view, "omitted"));
  return row;
}

Result<std::vector<ImageRow>> image_rows(const JsonView& view, std::string_view key) {
  KF_TRY_ASSIGN(const auto elements, view.elements(key));
  std::vector<ImageRow> rows;
  for (const auto& element : elements) {
    KF_TRY_ASSIGN(ImageRow row, image_row(element));
    rows.push_back(std::move(row));
  }
  return rows;
}

Result<FileRow> file_row(const JsonView& view) {
  KF_TRY(view.only({"digest", "platform", "path", "mode", "component", "source"}));
  FileRow row;
  KF_TRY_ASSIGN(row.digest, digest_at(view, "digest"));
  KF_TRY_ASSIGN(row.platform, view.string("platform"));
  KF_TRY_ASSIGN(row.path, view.string("path"));
  KF_TRY_ASSIGN(row.mode, mode_at(view));
  KF_TRY_ASSIGN(row.component, view.string("component"));
  KF_TRY_ASSIGN(row.source, view.string("source"));
  if (const auto allowed = check_node_path(row.path); !allowed) {
    return view.wrong(allowed.error().message);
  }
  return row;
}

Result<DocumentRow> document_row(const JsonView& view) {
  KF_TRY(view.only({"kind", "name", "mediaType", "digest"}));
  DocumentRow row;
  KF_TRY_ASSIGN(row.kind, view.string("kind"));
  KF_TRY_ASSIGN(row.name, view.string("name"));
  KF_TRY_ASSIGN(row.media_type, view.string("mediaType"));
  KF_TRY_ASSIGN(row.digest, digest_at(view, "digest"));
  return row;
}

/// A manifest without packages has no such member, so that programs from before there were any read it.
Status parse_packages(const JsonView& view, Manifest& manifest) {
  if (!view.optional_member("packages")) {
    return {};
  }
  KF_TRY_ASSIGN(const auto elements, view.elements("packages"));
  if (elements.empty()) {
    return view.wrong("its packages may be left out, but not be empty");
  }
  KF_TRY_ASSIGN(const bool for_older, older_than(manifest.minimum_tool, k_packages_since));
  if (for_older) {
    return view.wrong(fmt::format("has packages, so its minimumTool must be {} or newer", k_packages_since));
  }
  std::set<std::pair<std::string, std::string>> names;
  for (const auto& element : elements) {
    KF_TRY_ASSIGN(PackageRepository repository, package_repository(element));
    if (!names.emplace(repository.name, repository.platform).second) {
      return element.wrong(fmt::format("is a second {} for {}", repository.name, repository.platform));
    }
    manifest.packages.push_back(std::move(repository));
  }
  return {};
}

Status parse_payload(const JsonView& view, Manifest& manifest) {
  KF_TRY(view.only({"length", "chunkSize", "chunks"}));
  KF_TRY_ASSIGN(manifest.payload_length, view.unsigned_integer("length"));
  KF_TRY_ASSIGN(manifest.chunk_size, view.unsigned_integer("chunkSize"));
  if (!std::has_single_bit(manifest.chunk_size) || manifest.chunk_size < k_smallest_chunk ||
      manifest.chunk_size > k_largest_chunk) {
    return view.wrong("its chunkSize must be a power of two from 64 KiB to 16 MiB");
  }
  if (manifest.payload_length == 0 || manifest.payload_length > k_largest_payload) {
    return fail(ExitCode::limit, "{}.length: must be 1 to 2^50 bytes", view.path());
  }
  KF_TRY_ASSIGN(const auto chunks, view.elements("chunks"));
  if (chunks.size() != (manifest.payload_length + manifest.chunk_size - 1) / manifest.chunk_size) {
    return view.wrong(fmt::format("{} chunks do not cover {} bytes", chunks.size(), manifest.payload_length));
  }
  manifest.chunks.reserve(chunks.size());
  for (const auto& chunk : chunks) {
    KF_TRY_ASSIGN(const std::string hex, chunk.string());
    const auto digest = crypto::Digest::parse("sha256:" + hex);
    if (!digest) {
      return chunk.wrong("must be 64 hex digits");
    }
    manifest.chunks.push_back(*digest);
  }
  return {};
}

Status parse_identity(const JsonView& view, Manifest& manifest) {
  KF_TRY_ASSIGN(manifest.name, view.string("name"));
  KF_TRY_ASSIGN(manifest.version, view.string("version"));
  KF_TRY_ASSIGN(manifest.stream, view.string("stream"));
  KF_TRY_ASSIGN(manifest.sequence, view.unsigned_integer("sequence"));
  KF_TRY_ASSIGN(const std::string created, view.string("created"));
  KF_TRY_ASSIGN(manifest.created, parse_rfc3339(created));
  if (const auto not_after = view.optional_member("notAfter")) {
    KF_TRY_ASSIGN(const std::string text, not_after->string());
    KF_TRY_ASSIGN(manifest.not_after, parse_rfc3339(text));
    if (*manifest.not_after < manifest.created) {
      return fail(ExitCode::policy, "manifest: expires ({}) before it was made ({})", text, created);
    }
  }
  KF_TRY_ASSIGN(manifest.audience, view.string_or("audience", ""));
  KF_TRY_ASSIGN(manifest.minimum_tool, view.string("minimumTool"));
  KF_TRY_ASSIGN(manifest.kubernetes, view.string_or("kubernetes", ""));
  KF_TRY_ASSIGN(manifest.platforms, strings_at(view, "platforms"));
  return {};
}

/// Every row lies where the rows before it put it, under a name of its own.
Status check_layout(const Manifest& manifest) {
  std::vector<BlobRow> placed = manifest.blobs;
  const std::uint64_t end = place_rows(placed);
  std::set<std::string> names;
  for (std::size_t n = 0; n < placed.size(); ++n) {
    if (placed[n].offset != manifest.blobs[n].offset) {
      return fail(ExitCode::format, "manifest.blobs[{}]: lies at {}, not at {}", n, placed[n].offset,
                  manifest.blobs[n].offset);
    }
    const bool layout_file = n < 2;
    if ((layout_file ? placed[n].name != (n == 0 ? "oci-layout" : "index.json") : !placed[n].name.empty()) ||
        !names.insert(placed[n].tar_name()).second) {
      return fail(ExitCode::format, "manifest.blobs[{}]: has a wrong name, or one that stands there twice", n);
    }
  }
  if (placed.size() < 2) {
    return fail(ExitCode::format, "manifest.blobs: has no OCI layout");
  }
  const std::uint64_t after = end + end_stored_bytes(placed.back().size);
  if (after >= manifest.payload_length) {
    return fail(ExitCode::format, "manifest: its blobs do not fit its payload");
  }
  return {};
}

/// What the manifest names, it holds.
Status check_names(const Manifest& manifest) {
  std::unordered_map<crypto::Digest, std::uint64_t> held;
  for (std::size_t n = 2; n < manifest.blobs.size(); ++n) {
    held.emplace(manifest.blobs[n].digest, manifest.blobs[n].size);
  }
  const auto need = [&](const crypto::Digest& digest, std::string_view who) -> Status {
    if (!held.contains(digest)) {
      return fail(ExitCode::format, "manifest: {} needs {}, which the bundle does not hold", who, digest.to_string());
    }
    return {};
  };
  const auto need_sized = [&](const oci::Descriptor& descriptor, std::string_view who) -> Status {
    KF_TRY(need(descriptor.digest, who));
    // Clients are told the descriptor's size before they get the blob.
    if (const std::uint64_t size = held.at(descriptor.digest); size != descriptor.size) {
      return fail(ExitCode::format, "manifest: {} states {} bytes for {}, which has {}", who, descriptor.size,
                  descriptor.digest.to_string(), size);
    }
    return {};
  };
  for (const auto* rows : {&manifest.images, &manifest.artifacts}) {
    for (const auto& image : *rows) {
      KF_TRY(need_sized(image.descriptor, image.reference));
      for (const auto& part : image.manifests) {
        KF_TRY(need_sized(part.descriptor, image.reference));
      }
    }
  }
  std::set<std::pair<std::string, std::string>> places;
  for (const auto& file : manifest.files) {
    KF_TRY(need(file.digest, file.path));
    if (!places.emplace(file.platform, file.path).second) {
      return fail(ExitCode::format, "manifest: two files for {} on {}", file.path, file.platform);
    }
  }
  for (const auto& repository : manifest.packages) {
    for (const auto& file : repository.files) {
      KF_TRY(need(file.digest, fmt::format("{} for {}", file.path, repository.platform)));
    }
  }
  for (const auto& document : manifest.documents) {
    KF_TRY(need(document.digest, document.kind));
  }
  return {};
}

}  // namespace

Result<Manifest> parse_manifest(std::string_view text) {
  KF_TRY_ASSIGN(const Json json, parse_json(text, "manifest", {.bytes = k_largest_manifest}));
  const JsonView view(json, "manifest");
  KF_TRY_ASSIGN(const std::string kind, view.string("kind"));
  if (kind != "kubeferry/bundle/v1") {
    return view.wrong(fmt::format("is of kind \"{}\", not kubeferry/bundle/v1", kind));
  }
  Manifest manifest;
  KF_TRY_ASSIGN(manifest.minimum_tool, view.string("minimumTool"));
  // Before anything that a later version may have added is judged: the message must say the true reason.
  KF_TRY_ASSIGN(const bool too_old, older_than(k_version, manifest.minimum_tool));
  if (too_old) {
    return Failure(
        Error{ExitCode::policy,
              fmt::format("this bundle needs kubeferry {} or newer, and this is {}", manifest.minimum_tool, k_version),
              "use the kubeferry that came with the bundle",
              {}});
  }
  KF_TRY(view.only({"kind", "name", "version", "stream", "sequence", "created", "notAfter", "audience", "minimumTool",
                    "kubernetes", "platforms", "images", "artifacts", "files", "packages", "documents", "blobs",
                    "payload"}));
  KF_TRY(parse_identity(view, manifest));
  KF_TRY_ASSIGN(const auto blobs, view.elements("blobs"));
  for (const auto& blob : blobs) {
    KF_TRY_ASSIGN(BlobRow row, blob_row(blob));
    manifest.blobs.push_back(std::move(row));
  }
  KF_TRY_ASSIGN(manifest.images, image_rows(view, "images"));
  KF_TRY_ASSIGN(manifest.artifacts, image_rows(view, "artifacts"));
  KF_TRY_ASSIGN(const auto files, view.elements("files"));
  for (const auto& file : files) {
    KF_TRY_ASSIGN(FileRow row, file_row(file));
    manifest.files.push_back(std::move(row));
  }
  KF_TRY(parse_packages(view, manifest));
  KF_TRY_ASSIGN(const auto documents, view.elements("documents"));
  for (const auto& document : documents) {
    KF_TRY_ASSIGN(DocumentRow row, document_row(document));
    manifest.documents.push_back(std::move(row));
  }
  KF_TRY_ASSIGN(const JsonView payload, view.member("payload"));
  KF_TRY(parse_payload(payload, manifest));
  KF_TRY(check_layout(manifest));
  KF_TRY(check_names(manifest));
  return manifest;
}

}  // namespace kubeferry::bundle

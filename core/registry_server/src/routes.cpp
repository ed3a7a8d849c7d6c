// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/registry_server/routes.hpp>

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include <kubeferry/base/json.hpp>
#include <kubeferry/base/text.hpp>

#include "listing.hpp"
#include "page.hpp"
#include "range.hpp"

namespace kubeferry::registry_server {

namespace {

/// What is being asked for below `/v2/`.
struct Endpoint {
  enum class Kind { manifest, blob, tags, referrers };
  Kind kind = Kind::manifest;
  std::string_view repository;
  std::string_view reference;
};

std::optional<Endpoint> parse_endpoint(std::string_view rest) {
  constexpr std::string_view k_tags = "/tags/list";
  if (rest.ends_with(k_tags)) {
    return Endpoint{Endpoint::Kind::tags, rest.substr(0, rest.size() - k_tags.size()), {}};
  }
  struct Folder {
    std::string_view name;
    Endpoint::Kind kind;
  };
  constexpr std::array k_folders = {Folder{"/manifests", Endpoint::Kind::manifest},
                                    Folder{"/blobs", Endpoint::Kind::blob},
                                    Folder{"/referrers", Endpoint::Kind::referrers}};
  const std::size_t slash = rest.rfind('/');
  if (slash == std::string_view::npos) {
    return std::nullopt;
  }
  const std::string_view before = rest.substr(0, slash);
  for (const Folder& folder : k_folders) {
    if (before.ends_with(folder.name)) {
      return Endpoint{folder.kind, before.substr(0, before.size() - folder.name.size()), rest.substr(slash + 1)};
    }
  }
  return std::nullopt;
}

Response content_failure() {
  // What exactly failed is the operator's business; the content reports it there.
  return error_response(500, ErrorCode::unknown, "the content cannot be read; see the server's log");
}

Response digest_invalid() { return error_response(400, ErrorCode::digest_invalid, "not a digest this server knows"); }

/// RFC 9110 §13.1.2: weak comparison over a list, or `*`.
bool matches_etag(std::string_view field, std::string_view etag) {
  const auto tags = split(field, ',');
  return std::any_of(tags.begin(), tags.end(), [&](std::string_view tag) {
    tag = trim(tag);
    if (tag.starts_with("W/")) {
      tag.remove_prefix(2);
    }
    return tag == "*" || tag == etag;
  });
}

/// The fields of everything that has a digest; the status becomes 304 when the client has it already.
Response digest_response(const Request& request, const crypto::Digest& digest, std::string media_type) {
  const std::string text = digest.to_string();
  const std::string etag = fmt::format("\"{}\"", text);
  Response response;
  response.headers.emplace_back("Docker-Content-Digest", text);
  response.headers.emplace_back("ETag", etag);
  if (request.if_none_match && matches_etag(*request.if_none_match, etag)) {
    response.status = 304;
    return response;
  }
  response.headers.emplace_back("Content-Type", std::move(media_type));
  return response;
}

Response manifest(const Request& request, const Content& content, const RepositoryName& name,
                  std::string_view reference) {
  std::optional<ManifestEntry> entry;
  if (reference.find(':') != std::string_view::npos) {
    const auto digest = crypto::Digest::parse(reference);
    if (!digest) {
      return digest_invalid();
    }
    entry = content.resolve_digest(name, *digest);
  } else if (is_tag(reference)) {
    entry = content.resolve_tag(name, reference);
  }
  if (!entry) {
    return content.tags(name) ? error_response(404, ErrorCode::manifest_unknown, "no such manifest here")
                              : error_response(404, ErrorCode::name_unknown, "no such repository here");
  }
  Response response = digest_response(request, entry->digest, entry->media_type);
  if (response.status == 304) {
    return response;
  }
  auto bytes = content.manifest_bytes(*entry);
  if (!bytes) {
    return content_failure();
  }
  response.body = std::move(*bytes);
  response.pulled = name.path;
  return response;
}

void select_range(const Request& request, std::string_view etag, Response& response) {
  response.length = response.blob->size();
  response.headers.emplace_back("Accept-Ranges", "bytes");
  if (!request.range || request.method != Method::get || (request.if_range && trim(*request.if_range) != etag)) {
    return;
  }
  const std::uint64_t size = response.blob->size();
  const auto range = parse_range(*request.range, size);
  if (std::holds_alternative<Unsatisfiable>(range)) {
    response = error_response(416, ErrorCode::unknown, "no byte of the blob is in this range");
    response.headers.emplace_back("Content-Range", fmt::format("bytes */{}", size));
  } else if (const auto* part = std::get_if<ByteRange>(&range)) {
    response.status = 206;
    response.first = part->first;
    response.length = part->length;
    response.headers.emplace_back("Content-Range",
                                  fmt::format("bytes {}-{}/{}", part->first, part->first + part->length - 1, size));
  }
}

Response blob(const Request& request, const Content& content, const RepositoryName& name, std::string_view reference) {
  const auto digest = crypto::Digest::parse(reference);
  if (!digest) {
    return digest_invalid();
  }
  auto reader = content.open_blob(name, *digest);
  if (!reader) {
    return content_failure();
  }
  if (*reader == nullptr) {
    return error_response(404, ErrorCode::blob_unknown, "no such blob here");
  }
  Response response = digest_response(request, *digest, "application/octet-stream");
  if (response.status == 304) {
    return response;
  }
  response.headers.emplace_back("Cache-Control", "max-age=31536000, immutable");
  response.blob = std::move(*reader);
  response.pulled = name.path;
  select_range(request, fmt::format("\"{}\"", digest->to_string()), response);
  return response;
}

Json descriptor(const Referrer& referrer) {
  Json out = Json::object();
  out.set("mediaType", referrer.manifest.media_type)
      .set("digest", referrer.manifest.digest.to_string())
      .set("size", referrer.manifest.size);
  if (!referrer.artifact_type.empty()) {
    out.set("artifactType", referrer.artifact_type);
  }
  if (!referrer.annotations.empty()) {
    Json annotations = Json::object();
    for (const auto& [key, value] : referrer.annotations) {
      annotations.set(key, value);
    }
    out.set("annotations", std::move(annotations));
  }
  return out;
}

Response referrers(const Request& request, const Content& content, const RepositoryName& name,
                   std::string_view reference) {
  const auto digest = crypto::Digest::parse(reference);
  if (!digest) {
    return digest_invalid();
  }
  const auto type = request.parameter("artifactType");
  Json manifests = Json::array();
  for (const Referrer& referrer : content.referrers(name, *digest)) {
    if (!type || referrer.artifact_type == *type) {
      manifests.push(descriptor(referrer));
    }
  }
  constexpr std::string_view k_index = "application/vnd.oci.image.index.v1+json";
  Json index = Json::object();
  index.set("schemaVersion", 2).set("mediaType", k_index).set("manifests", std::move(manifests));
  Response response;
  response.headers.emplace_back("Content-Type", k_index);
  if (type) {
    response.headers.emplace_back("OCI-Filters-Applied", "artifactType");
  }
  response.body = to_text(index);
  return response;
}

Response tags(const Request& request, const Content& content, const RepositoryName& name) {
  auto all = content.tags(name);
  if (!all) {
    return error_response(404, ErrorCode::name_unknown, "no such repository here");
  }
  auto chosen = page_of(std::move(*all), request);
  return chosen ? listing_response(name.path, "tags", std::move(*chosen)) : std::move(chosen).error();
}

Response catalog(const Request& request, const Content& content) {
  auto chosen = page_of(content.repositories(), request);
  return chosen ? listing_response({}, "repositories", std::move(*chosen)) : std::move(chosen).error();
}

Response version_check() {
  Response response;
  response.headers.emplace_back("Content-Type", "application/json");
  response.body = "{}";
  return response;
}

Response below_v2(const Request& request, const Content& content, std::string_view rest) {
  if (rest.empty()) {
    return version_check();
  }
  if (rest == "_catalog") {
    return catalog(request, content);
  }
  const auto endpoint = parse_endpoint(rest);
  if (!endpoint) {
    return error_response(404, ErrorCode::unsupported, "no such endpoint");
  }
  if (!is_repository_path(endpoint->repository)) {
    return error_response(400, ErrorCode::name_invalid, "not a repository name");
  }
  const RepositoryName name{endpoint->repository, request.parameter("ns").value_or(std::string_view())};
  switch (endpoint->kind) {
    case Endpoint::Kind::manifest: return manifest(request, content, name, endpoint->reference);
    case Endpoint::Kind::blob: return blob(request, content, name, endpoint->reference);
    case Endpoint::Kind::tags: return tags(request, content, name);
    case Endpoint::Kind::referrers: return referrers(request, content, name, endpoint->reference);
  }
  return content_failure();
}

Response route(const Request& request, const Content& content, const PullLog& pulls) {
  constexpr std::string_view k_base = "/v2/";
  const std::string_view path = request.path;
  if (request.method == Method::other) {
    Response response = error_response(405, ErrorCode::unsupported, "this registry is read-only");
    response.headers.emplace_back("Allow", "GET, HEAD");
    return response;
  }
  if (path == "/v2" || path.starts_with(k_base)) {
    return below_v2(request, content, path.size() < k_base.size() ? "" : path.substr(k_base.size()));
  }
  return path == "/" ? page(content, pulls) : error_response(404, ErrorCode::unsupported, "no such page");
}

}  // namespace

Response respond(const Request& request, const Content& content, const PullLog& pulls) {
  Response response = route(request, content, pulls);
  // A body is never read, so what follows the head on this connection is no request.
  response.close = request.has_body;
  return response;
}

}  // namespace kubeferry::registry_server

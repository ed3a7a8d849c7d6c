// SPDX-License-Identifier: Apache-2.0
#include "session.hpp"

#include <kubeferry/base/text.hpp>
#include <kubeferry/net/header_values.hpp>
#include <kubeferry/oci/manifest.hpp>
#include <kubeferry/oci/media_type.hpp>

namespace kubeferry::registry {
namespace {

// Below that a blob shares an HTTP/2 connection happily; above it, flow control costs more than a connection.
constexpr std::uint64_t k_large_blob = std::uint64_t{1} << 20;

std::string media_type_of(const net::Response& response) {
  const auto value = response.headers.find("Content-Type").value_or("");
  return lower(trim(value.substr(0, value.find(';'))));
}

// What generic servers (nginx before a layout, some old registries) say about any file.
bool says_nothing(std::string_view media_type) {
  return media_type.empty() || media_type == "application/json" || media_type == "application/octet-stream" ||
         media_type == "text/plain";
}

std::string accepted_manifests() { return fmt::format("{}", fmt::join(oci::k_accepted_manifests, ", ")); }

/// The registry's own word for the digest; nothing when it gives none. format error when it is no digest.
Result<std::optional<crypto::Digest>> claimed_digest(const net::Response& response, std::string_view what) {
  const auto header = response.headers.find("Docker-Content-Digest");
  if (!header) {
    return std::nullopt;
  }
  auto digest = crypto::Digest::parse(*header);
  if (!digest) {
    return Failure(std::move(digest).error().prefixed(fmt::format("{}: Docker-Content-Digest", what)));
  }
  return std::optional(std::move(*digest));
}

/// Hashes what passes on its way to the caller's sink.
class VerifyingSink final : public net::RestartableSink {
public:
  VerifyingSink(net::RestartableSink& inner, crypto::Hasher hasher) : inner_(inner), hasher_(std::move(hasher)) {}

  Status write(ByteView bytes) override {
    hasher_.update(bytes);
    return inner_.write(bytes);
  }
  Status restart() override {
    hasher_.reset();
    return inner_.restart();
  }
  [[nodiscard]] crypto::Digest finish() { return hasher_.finish(); }

private:
  net::RestartableSink& inner_;
  crypto::Hasher hasher_;
};

}  // namespace

Result<oci::Descriptor> Client::resolve(const oci::Reference& reference) {
  const std::string what = reference.to_string();
  KF_TRY_ASSIGN(const Target target, session_->target(repository_of(reference), Access::pull, what));
  net::Request request;
  request.method = net::Method::head;
  request.url = fmt::format("{}/manifests/{}", target.path, reference.tag_or_digest());
  request.headers.add("Accept", accepted_manifests());
  KF_TRY_ASSIGN(const net::Response response, session_->send(target, request));
  if (response.status == 200) {
    KF_TRY_ASSIGN(const auto digest, claimed_digest(response, what));
    const auto size = net::parse_decimal(response.headers.find("Content-Length").value_or(""));
    const std::string media_type = media_type_of(response);
    const bool known = oci::is_index(media_type) || oci::is_manifest(media_type);
    const bool as_asked = !reference.digest || digest == reference.digest;
    if (digest && size && *size > 0 && *size <= oci::k_max_manifest_bytes && known && as_asked) {
      oci::Descriptor descriptor;
      descriptor.media_type = media_type;
      descriptor.digest = *digest;
      descriptor.size = *size;
      return descriptor;
    }
  } else if (response.status == 404 || response.status == 401 || response.status == 403 || response.status == 429) {
    return Failure(net::expect_success(response, what).error());
  }
  KF_TRY_ASSIGN(const oci::ManifestBytes manifest, this->manifest(reference));
  oci::Descriptor descriptor;
  descriptor.media_type = manifest.media_type;
  descriptor.digest = manifest.digest;
  descriptor.size = manifest.bytes.size();
  return descriptor;
}

Result<oci::ManifestBytes> Client::manifest(const oci::Reference& reference) {
  const std::string what = reference.to_string();
  KF_TRY_ASSIGN(const Target target, session_->target(repository_of(reference), Access::pull, what));
  net::Request request;
  request.url = fmt::format("{}/manifests/{}", target.path, reference.tag_or_digest());
  request.headers.add("Accept", accepted_manifests());
  request.body_limit = oci::k_max_manifest_bytes;
  KF_TRY_ASSIGN(net::Response response, session_->send(target, request));
  KF_TRY(net::expect_success(response, what));

  oci::ManifestBytes manifest;
  KF_TRY_ASSIGN(const auto claimed, claimed_digest(response, what));
  const auto algorithm = reference.digest ? reference.digest->algorithm() : crypto::HashAlgorithm::sha256;
  manifest.digest = crypto::Digest::of(response.body, algorithm);
  for (const auto& expected : {reference.digest, claimed}) {
    if (expected && expected->algorithm() == algorithm && *expected != manifest.digest) {
      return fail(ExitCode::integrity, "{}: the manifest that was sent is {}, not {}", what,
                  manifest.digest.to_string(), expected->to_string());
    }
  }
  const std::string stated = media_type_of(response);
  KF_TRY_ASSIGN(const oci::Document document,
                oci::parse_document(response.body, says_nothing(stated) ? std::string_view{} : stated, what));
  manifest.media_type = std::visit([](const auto& kind) { return kind.media_type; }, document);
  if (manifest.media_type.empty()) {
    manifest.media_type = stated;
  }
  manifest.bytes = std::move(response.body);
  return manifest;
}

Status Client::blob(const Repository& repository, const oci::Descriptor& blob, net::RestartableSink& sink,
                    std::optional<Resume> resume) {
  const std::uint64_t from = resume ? resume->bytes : 0;
  VerifyingSink verifying(sink, resume ? std::move(resume->hasher) : crypto::Hasher(blob.digest.algorithm()));
  KF_TRY(transfer_blob(repository, blob, verifying, from));
  if (const auto digest = verifying.finish(); digest != blob.digest) {
    return Failure(Error{ExitCode::integrity,
                         fmt::format("{}@{}: what was sent has the digest {}", repository.to_string(),
                                     blob.digest.to_string(), digest.to_string()),
                         "the registry's copy, or something on the way to it, is damaged",
                         {}});
  }
  return {};
}

Status Client::transfer_blob(const Repository& repository, const oci::Descriptor& blob, net::RestartableSink& sink,
                             std::uint64_t from) {
  const std::string what = fmt::format("{}@{}", repository.to_string(), blob.digest.to_string());
  KF_TRY_ASSIGN(const Target target, session_->target(repository, Access::pull, what));
  net::Request request;
  request.url = fmt::format("{}/blobs/{}", target.path, blob.digest.to_string());
  request.version = blob.size >= k_large_blob ? net::HttpVersion::http1 : net::HttpVersion::any;
  return session_->download(target, std::move(request), blob.size, from, sink);
}

Result<std::optional<std::uint64_t>> Client::blob_size(const Repository& repository, const crypto::Digest& digest) {
  const std::string what = fmt::format("{}@{}", repository.to_string(), digest.to_string());
  KF_TRY_ASSIGN(const Target target, session_->target(repository, Access::pull, what));
  net::Request request;
  request.method = net::Method::head;
  request.url = fmt::format("{}/blobs/{}", target.path, digest.to_string());
  KF_TRY_ASSIGN(const net::Response response, session_->send(target, request));
  if (response.status == 404) {
    return std::nullopt;
  }
  KF_TRY(net::expect_success(response, what));
  const auto size = net::parse_decimal(response.headers.find("Content-Length").value_or(""));
  if (!size) {
    return fail(ExitCode::network, "{}: the registry does not say how long it is", what);
  }
  return size;
}

Result<std::optional<crypto::Digest>> Client::manifest_digest(const Repository& repository,
                                                              const std::string& tag_or_digest) {
  const std::string what = fmt::format("{} {}", repository.to_string(), printable(tag_or_digest));
  if (!oci::is_tag(tag_or_digest) && !crypto::Digest::parse(tag_or_digest)) {
    return fail(ExitCode::usage, "'{}' is neither tag nor digest", printable(tag_or_digest));
  }
  KF_TRY_ASSIGN(const Target target, session_->target(repository, Access::pull, what));
  net::Request request;
  request.method = net::Method::head;
  request.url = fmt::format("{}/manifests/{}", target.path, tag_or_digest);
  request.headers.add("Accept", accepted_manifests());
  KF_TRY_ASSIGN(const net::Response response, session_->send(target, request));
  if (response.status == 404) {
    return std::nullopt;
  }
  KF_TRY(net::expect_success(response, what));
  return claimed_digest(response, what);
}

}  // namespace kubeferry::registry

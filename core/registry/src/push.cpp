// SPDX-License-Identifier: Apache-2.0
#include "session.hpp"

#include <algorithm>
#include <utility>

#include <kubeferry/base/text.hpp>

namespace kubeferry::registry {
namespace {

constexpr int k_upload_attempts = 4;
constexpr std::uint64_t k_patch_bytes = std::uint64_t{16} << 20;
// A registry may copy or hash the whole blob before it answers the last byte.
constexpr std::chrono::seconds k_commit_timeout{300};

using Open = std::function<Result<std::unique_ptr<Source>>()>;

// The registry's query belongs to its session and is kept as it is; ours comes behind it.
net::Url with_digest(net::Url location, const crypto::Digest& digest) {
  location.query +=
      fmt::format("{}digest={}", location.query.empty() ? "" : "&", net::encode_query_value(digest.to_string()));
  location.has_query = true;
  return location;
}

/// What an attempt to upload came to.
enum class Upload {
  done,
  start_over,  ///< the session is lost, another may succeed
  too_large,   ///< refused for its size: smaller pieces may pass
};

/// The next `size` bytes of a source that goes on after them.
class Slice final : public Source {
public:
  Slice(Source& whole, std::uint64_t size) : whole_(whole), left_(size) {}
  Result<std::size_t> read(MutableByteView buffer) override {
    if (left_ == 0) {
      return std::size_t{0};
    }
    const auto room = static_cast<std::size_t>(std::min<std::uint64_t>(left_, buffer.size()));
    KF_TRY_ASSIGN(const std::size_t count, whole_.read(buffer.first(room)));
    left_ -= count;
    return count;
  }

private:
  Source& whole_;
  std::uint64_t left_;
};

net::Request upload_request(net::Method method) {
  net::Request request;
  request.method = method;
  request.version = net::HttpVersion::http1;
  request.retry = net::Retry::never;  // a half-sent session is not the same session any more
  request.idle_timeout = k_commit_timeout;
  request.headers.add("Content-Type", "application/octet-stream");
  return request;
}

bool session_is_lost(int status) { return status == 404 || status == 416 || status == 202 || status >= 500; }

}  // namespace

/// One blob on its way up.
class Uploader {
public:
  Uploader(Session& session, const Target& target, const oci::Descriptor& blob, const Open& open)
      : session_(session), target_(target), blob_(blob), open_(open) {}

  Result<Upload> in_one_piece() {
    KF_TRY_ASSIGN(const net::Url upload, start());
    net::Request request = upload_request(net::Method::put);
    request.body = net::StreamedBody{open_, blob_.size};
    KF_TRY_ASSIGN(const net::Response response,
                  session_.send_to_location(target_, with_digest(upload, blob_.digest), std::move(request)));
    if (response.status == 413) {
      return Upload::too_large;
    }
    return finished(response);
  }

  Result<Upload> in_pieces() {
    KF_TRY_ASSIGN(net::Url upload, start());
    KF_TRY_ASSIGN(const std::unique_ptr<Source> content, open_());
    for (std::uint64_t sent = 0; sent < blob_.size;) {
      const std::uint64_t size = std::min(k_patch_bytes, blob_.size - sent);
      net::Request request = upload_request(net::Method::patch);
      request.headers.add("Content-Range", fmt::format("{}-{}", sent, sent + size - 1));
      bool opened = false;
      // A piece that has to be sent again is gone from a source that only reads forward: then all starts over.
      request.body = net::StreamedBody{[&]() -> Result<std::unique_ptr<Source>> {
                                         if (std::exchange(opened, true)) {
                                           return fail(ExitCode::network, "{}: the upload broke off", target_.what);
                                         }
                                         return std::make_unique<Slice>(*content, size);
                                       },
                                       size};
      KF_TRY_ASSIGN(const net::Response response, session_.send_to_location(target_, upload, std::move(request)));
      if (response.status != 202 && session_is_lost(response.status)) {
        return Upload::start_over;
      }
      KF_TRY(net::expect_success(response, target_.what));
      KF_TRY_ASSIGN(upload, Session::location(target_, response));
      sent += size;
    }
    KF_TRY_ASSIGN(const net::Response response, session_.send_to_location(target_, with_digest(upload, blob_.digest),
                                                                          upload_request(net::Method::put)));
    return finished(response);
  }

private:
  Result<net::Url> start() {
    net::Request request;
    request.method = net::Method::post;
    request.retry = net::Retry::always;  // a session that nobody uses expires by itself
    request.url = target_.path + "/blobs/uploads/";
    KF_TRY_ASSIGN(const net::Response response, session_.send(target_, std::move(request)));
    KF_TRY(net::expect_success(response, target_.what));
    if (response.status != 202) {
      return fail(ExitCode::network, "{}: the registry answers {} to an upload", target_.what, response.status);
    }
    return Session::location(target_, response);
  }

  Result<Upload> finished(const net::Response& response) const {
    if (response.status == 201 || response.status == 204) {
      return Upload::done;
    }
    if (session_is_lost(response.status)) {
      return Upload::start_over;
    }
    KF_TRY(net::expect_success(response, target_.what));
    return fail(ExitCode::network, "{}: the registry answers {} to the end of an upload", target_.what,
                response.status);
  }

  Session& session_;
  const Target& target_;
  const oci::Descriptor& blob_;
  const Open& open_;
};

Result<MountResult> Client::mount_blob(const Repository& repository, const crypto::Digest& digest,
                                       const std::string& from) {
  const std::string what = fmt::format("{}@{}", repository.to_string(), digest.to_string());
  KF_TRY_ASSIGN(const Target target, session_->target(repository, Access::push, what, from));
  const auto& prefix = target.login.endpoint().path_prefix;
  net::Request request;
  request.method = net::Method::post;
  request.retry = net::Retry::always;
  request.url =
      fmt::format("{}/blobs/uploads/?mount={}&from={}", target.path, net::encode_query_value(digest.to_string()),
                  net::encode_query_value(prefix.empty() ? from : fmt::format("{}/{}", prefix, from)));
  KF_TRY_ASSIGN(const net::Response response, session_->send(target, std::move(request)));
  if (response.status == 201) {
    return MountResult::mounted;
  }
  // 202 opens a session that we let expire; a refusal only means that the blob has to be sent.
  if (response.status == 202 || response.status == 404 || response.status == 405 || response.status == 403) {
    return MountResult::not_mounted;
  }
  KF_TRY(net::expect_success(response, what));
  return MountResult::not_mounted;
}

Status Client::push_blob(const Repository& repository, const oci::Descriptor& blob, const Open& open) {
  const std::string what = fmt::format("{}@{}", repository.to_string(), blob.digest.to_string());
  KF_TRY_ASSIGN(const Target target, session_->target(repository, Access::push, what));
  Uploader uploader(*session_, target, blob, open);
  bool in_pieces = false;
  for (int attempt = 1; attempt <= k_upload_attempts; ++attempt) {
    auto result = in_pieces ? uploader.in_pieces() : uploader.in_one_piece();
    if (!result && result.error().code != ExitCode::network) {
      return propagate(std::move(result));
    }
    if (result && *result == Upload::done) {
      return {};
    }
    if (result && *result == Upload::too_large) {
      in_pieces = true;
      continue;
    }
    // The connection may have broken off behind the last byte, or a commit that timed out may have gone through:
    // only the registry knows.
    if (const auto size = blob_size(repository, blob.digest); size && *size == blob.size) {
      return {};
    }
    if (!result && attempt == k_upload_attempts) {
      return propagate(std::move(result));
    }
  }
  return Failure(Error{ExitCode::network,
                       fmt::format("{}: the upload failed {} times", what, k_upload_attempts),
                       "the registry loses uploads: look into its log, and into that of a proxy before it",
                       {}});
}

Status Client::push_manifest(const Repository& repository, const oci::ManifestBytes& manifest,
                             const std::string& tag_or_digest) {
  const std::string what = fmt::format("{} {}", repository.to_string(), printable(tag_or_digest));
  if (!oci::is_tag(tag_or_digest) && !crypto::Digest::parse(tag_or_digest)) {
    return fail(ExitCode::usage, "'{}' is neither tag nor digest", printable(tag_or_digest));
  }
  KF_TRY_ASSIGN(const Target target, session_->target(repository, Access::push, what));
  net::Request request;
  request.method = net::Method::put;
  request.url = fmt::format("{}/manifests/{}", target.path, tag_or_digest);
  request.headers.add("Content-Type", manifest.media_type);
  request.content = std::string(as_text(manifest.bytes));
  KF_TRY_ASSIGN(const net::Response response, session_->send(target, std::move(request)));
  KF_TRY(net::expect_success(response, what));
  const auto stored = response.headers.find("Docker-Content-Digest");
  if (stored && *stored != manifest.digest.to_string() &&
      manifest.digest.algorithm() == crypto::HashAlgorithm::sha256) {
    return fail(ExitCode::integrity, "{}: the registry stored it as {} instead of {}", what, printable(*stored),
                manifest.digest.to_string());
  }
  return {};
}

}  // namespace kubeferry::registry

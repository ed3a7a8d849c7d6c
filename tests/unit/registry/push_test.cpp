// SPDX-License-Identifier: Apache-2.0
#include "support.hpp"

#include <gtest/gtest.h>

namespace kubeferry::registry {
namespace {

using testing::Answer;
using testing::FaultServer;
using testing::Recorded;

const std::string k_uploads = "/v2/team/app/blobs/uploads/";
const std::string k_session = "/v2/team/app/blobs/uploads/7";

Answer session_at(std::string location, int status = 202) {
  return {.status = status, .headers = {{"Location", std::move(location)}}};
}

class Push : public ::testing::Test {
protected:
  Push() {
    server_.on(k_uploads, std::vector{session_at(k_session + "?state=a%2Fb")});
    server_.on(k_session, std::vector{Answer{.status = 201}});
  }
  Status push() {
    return client_->push_blob(k_repository, blob_, [this]() -> Result<std::unique_ptr<Source>> {
      return std::make_unique<MemorySource>(as_byte_view(content_));
    });
  }
  void use(std::string content) {
    content_ = std::move(content);
    blob_ = descriptor_of(content_);
  }
  std::string blob_path() const { return "/v2/team/app/blobs/" + blob_.digest.to_string(); }
  std::string digest_query() const { return "digest=sha256%3A" + blob_.digest.hex(); }

  FaultServer server_;
  std::unique_ptr<Client> client_ = client_for(server_);
  std::string content_ = "content";
  oci::Descriptor blob_ = descriptor_of(content_);
};

TEST_F(Push, InOnePut) {  // F27: relative Location with a query that is kept as it is
  const auto status = push();
  ASSERT_TRUE(status) << status.error().message;
  const auto requests = server_.requests();
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[1].method, "PUT");
  EXPECT_EQ(requests[1].target, k_session + "?state=a%2Fb&" + digest_query());
  EXPECT_EQ(requests[1].body, content_);
}

TEST_F(Push, LocationMayBeAbsoluteOrWithoutQuery) {  // F27
  server_.on(k_uploads, std::vector{session_at(server_.url(k_session))});
  EXPECT_TRUE(push());
  EXPECT_EQ(server_.requests().at(1).target, k_session + "?" + digest_query());
}

TEST_F(Push, LocationElsewhereIsRefused) {  // F27, R7
  for (const std::string location :
       {"https://evil.example/up", "http://169.254.169.254/", "http://127.0.0.1:9/up", "", "file:///x"}) {
    server_.on(k_uploads, std::vector{session_at(location)});
    const auto status = push();
    ASSERT_FALSE(status) << location;
    EXPECT_EQ(status.error().code, ExitCode::network) << location;
  }
  EXPECT_EQ(server_.count(k_session), 0U);
}

TEST_F(Push, LocationOnATrustedHostGetsNoCredentials) {
  testing::TestPki pki;
  FaultServer storage({.tls = pki.issue("storage")});
  storage.on("/up", std::vector{Answer{.status = 201}});
  ClientOptions options;
  options.http.proxy = net::Proxy::none;
  options.http.endpoints[storage.authority()].ca = pki.ca();
  options.upstreams["reg.example"] = {.base_url = server_.url(),
                                      .plain_http = true,
                                      .credentials = Credentials{"u", "p", {}},
                                      .trusted_hosts = {storage.authority()}};
  client_ = std::move(Client::make(options).value());
  server_.on(k_uploads, [&](const Recorded& request) {
    return request.has_header("Authorization") ? session_at(storage.url("/up")) : challenge("Basic realm=x");
  });
  const auto status = push();
  ASSERT_TRUE(status) << status.error().message;
  EXPECT_EQ(storage.requests().at(0).body, content_);
  EXPECT_FALSE(storage.requests().at(0).has_header("Authorization"));
}

TEST_F(Push, StartsOverWhenTheSessionIsLost) {  // F27: registry restarts mid-upload
  server_.on(k_session, std::vector{Answer{.status = 404}, Answer{.status = 500}, Answer{.status = 201}});
  EXPECT_TRUE(push());
  EXPECT_EQ(server_.count(k_uploads), 3U);
}

TEST_F(Push, GivesUpInTheEnd) {
  server_.on(k_session, std::vector{Answer{.status = 404}});
  const auto status = push();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ExitCode::network);
  EXPECT_EQ(server_.count(k_uploads), 4U);
}

TEST_F(Push, TheRegistryDecidesWhetherABrokenUploadArrived) {  // F27
  server_.on(k_session, std::vector{Answer{.status = 201, .body = "x", .drop_after = 0}});
  server_.on(blob_path(), std::vector{Answer{.body = content_}});
  EXPECT_TRUE(push());
  EXPECT_EQ(server_.count(blob_path()), 1U);
  EXPECT_EQ(server_.count(k_session), 1U);
}

TEST_F(Push, SmallerPiecesWhenTheServerRefusesTheSize) {  // F27: 413
  use(std::string(20 << 20, 'p') + "end");
  std::string stored;
  server_.on(k_session, [&](const Recorded& request) {
    if (request.method == "PUT" && !request.body.empty()) {
      return Answer{.status = 413};
    }
    stored += request.body;
    return request.method == "PUT" ? Answer{.status = 201}
                                   : session_at(k_session + "?at=" + std::to_string(stored.size()));
  });
  const auto status = push();
  ASSERT_TRUE(status) << status.error().message;
  EXPECT_TRUE(stored == content_);
  const auto requests = server_.requests();
  EXPECT_EQ(requests.at(3).header("Content-Range"), "0-16777215");
  EXPECT_EQ(requests.at(4).header("Content-Range"), "16777216-20971522");
  EXPECT_EQ(requests.at(5).target, k_session + "?at=20971523&" + digest_query());
}

TEST_F(Push, RefusedSizeWhileStillSending) {  // F27: 413 and close
  use(std::string(8 << 20, 'p'));
  server_.refuse_body(k_session, Answer{.status = 413});
  const auto status = push();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ExitCode::network);
}

TEST_F(Push, PiecesOutOfPlaceStartOver) {  // F27: PATCH 416
  int n = 0;
  server_.on(k_session, [&n](const Recorded& request) {
    if (request.method == "PUT") {
      return request.body.empty() ? Answer{.status = 201} : Answer{.status = 413};
    }
    return ++n == 1 ? Answer{.status = 416} : session_at(k_session);
  });
  EXPECT_TRUE(push());
  EXPECT_EQ(server_.count(k_uploads), 3U);
}

TEST_F(Push, AccessDeniedIsSaidOnce) {
  server_.on(k_uploads, std::vector{Answer{.status = 403}});
  const auto status = push();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ExitCode::auth);
  EXPECT_EQ(server_.requests().size(), 1U);
}

TEST_F(Push, AsksForTheRightScope) {
  server_.on("/token", std::vector{Answer{.body = R"({"token":"t"})"}});
  server_.on(k_uploads, [&](const Recorded& request) {
    return request.has_header("Authorization") ? Answer{.status = 201}
                                               : challenge("Bearer realm=\"" + server_.url("/token") + "\"");
  });
  EXPECT_EQ(client_->mount_blob(k_repository, blob_.digest, "team/base").value(), MountResult::mounted);
  EXPECT_EQ(server_.requests().at(0).target, k_uploads + "?mount=sha256%3A" + blob_.digest.hex() + "&from=team%2Fbase");
  EXPECT_EQ(server_.requests().at(1).target,
            "/token?scope=repository%3Ateam%2Fapp%3Apull%2Cpush&scope=repository%3Ateam%2Fbase%3Apull");
}

TEST_F(Push, MountThatIsNot) {  // F27: mount 202
  EXPECT_EQ(client_->mount_blob(k_repository, blob_.digest, "team/base").value(), MountResult::not_mounted);
}

TEST_F(Push, BlobsAndManifestsThatAreThere) {
  EXPECT_FALSE(client_->blob_size(k_repository, blob_.digest).value());
  EXPECT_FALSE(client_->manifest_digest(k_repository, "1").value());
  server_.on(blob_path(), std::vector{Answer{.body = content_}});
  server_.on("/v2/team/app/manifests/1", std::vector{manifest_answer()});
  EXPECT_EQ(client_->blob_size(k_repository, blob_.digest).value(), content_.size());
  EXPECT_EQ(client_->manifest_digest(k_repository, "1").value(), crypto::Digest::of(as_byte_view(k_manifest)));
  EXPECT_EQ(client_->manifest_digest(k_repository, "a/b").error().code, ExitCode::usage);
}

TEST_F(Push, Manifest) {
  const oci::ManifestBytes manifest{"application/vnd.oci.image.manifest.v1+json",
                                    crypto::Digest::of(as_byte_view(k_manifest)),
                                    Bytes(as_byte_view(k_manifest).begin(), as_byte_view(k_manifest).end())};
  const std::string path = "/v2/team/app/manifests/" + manifest.digest.to_string();
  server_.on(path, std::vector{Answer{.status = 201},
                               Answer{.status = 400, .body = R"({"errors":[{"code":"MANIFEST_BLOB_UNKNOWN"}]})"},
                               Answer{.status = 201,
                                      .headers = {{"Docker-Content-Digest", "sha256:" + std::string(64, '0')}}}});
  EXPECT_TRUE(client_->push_manifest(k_repository, manifest, manifest.digest.to_string()));
  EXPECT_EQ(server_.requests().at(0).body, k_manifest);
  EXPECT_EQ(server_.requests().at(0).header("Content-Type"), manifest.media_type);
  const auto early = client_->push_manifest(k_repository, manifest, manifest.digest.to_string());
  ASSERT_FALSE(early);
  EXPECT_NE(early.error().message.find("MANIFEST_BLOB_UNKNOWN"), std::string::npos);
  EXPECT_EQ(client_->push_manifest(k_repository, manifest, manifest.digest.to_string()).error().code,
            ExitCode::integrity);
  EXPECT_EQ(client_->push_manifest(k_repository, manifest, "../x").error().code, ExitCode::usage);
}

}  // namespace
}  // namespace kubeferry::registry

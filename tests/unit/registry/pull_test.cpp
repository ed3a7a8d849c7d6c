// SPDX-License-Identifier: Apache-2.0
#include "support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kubeferry::registry {
namespace {

using testing::Answer;
using testing::FaultServer;
using testing::Ranges;
using testing::Recorded;

const std::string k_pull_path = "/v2/team/app/manifests/1";
constexpr std::string_view k_oci_type = "application/vnd.oci.image.manifest.v1+json";

class Pull : public ::testing::Test {
protected:
  Result<oci::ManifestBytes> manifest(std::string_view text = "reg.example/team/app:1") {
    return client_->manifest(reference(text));
  }
  void expect_manifest_error(const Answer& answer, ExitCode code) {
    server_.on(k_pull_path, std::vector{answer});
    const auto result = manifest();
    ASSERT_FALSE(result) << answer.body;
    EXPECT_EQ(result.error().code, code) << result.error().message;
    EXPECT_NE(result.error().message.find("reg.example/team/app:1"), std::string::npos) << result.error().message;
  }

  FaultServer server_;
  std::unique_ptr<Client> client_ = client_for(server_);
};

TEST_F(Pull, Manifest) {
  server_.on(k_pull_path, std::vector{manifest_answer()});
  const auto found = manifest().value();
  EXPECT_EQ(as_text(found.bytes), k_manifest);
  EXPECT_EQ(found.media_type, k_oci_type);
  EXPECT_EQ(found.digest, crypto::Digest::of(as_byte_view(k_manifest)));
  const std::string accept = server_.requests().at(0).header("Accept");
  for (const char* type :
       {"vnd.oci.image.index.v1+json", "vnd.oci.image.manifest.v1+json",
        "vnd.docker.distribution.manifest.list.v2+json", "vnd.docker.distribution.manifest.v2+json"}) {
    EXPECT_NE(accept.find(type), std::string::npos) << type;
  }
}

TEST_F(Pull, ManifestByDigestIsVerified) {  // F22
  const auto digest = crypto::Digest::of(as_byte_view(k_manifest)).to_string();
  const std::string name = "reg.example/team/app:1@" + digest;
  server_.on("/v2/team/app/manifests/" + digest, std::vector{manifest_answer(), manifest_answer(k_manifest + " ")});
  EXPECT_TRUE(manifest(name));
  const auto other = manifest(name);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, ExitCode::integrity);
}

TEST_F(Pull, ManifestsThatCannotBe) {  // F18, F22, M46
  const std::string type(k_oci_type);
  Answer lying = manifest_answer();
  lying.headers[1].second = "sha256:" + std::string(64, '0');
  expect_manifest_error(lying, ExitCode::integrity);
  lying.headers[1].second = "sha256:../x";
  expect_manifest_error(lying, ExitCode::format);
  expect_manifest_error(manifest_answer(k_manifest, "application/vnd.oci.image.index.v1+json"), ExitCode::format);
  expect_manifest_error(manifest_answer(k_manifest, "text/html"), ExitCode::format);
  const std::string both = k_manifest.substr(0, k_manifest.size() - 1);
  expect_manifest_error(manifest_answer(both + R"(,"manifests":[]})"), ExitCode::format);
  expect_manifest_error(manifest_answer(both + R"(,"fsLayers":[]})"), ExitCode::format);
  expect_manifest_error(manifest_answer(both + R"(,"Layers":[]})"), ExitCode::format);
  expect_manifest_error(manifest_answer("<html>pay first</html>", "application/json"), ExitCode::format);
  expect_manifest_error(manifest_answer(std::string((4 << 20) + 1, ' ')), ExitCode::limit);
  for (const int status : {404, 405, 410, 416}) {
    expect_manifest_error(Answer{.status = status}, ExitCode::network);
  }
  expect_manifest_error(Answer{.status = 403}, ExitCode::auth);
}

TEST_F(Pull, ManifestOfAServerThatKnowsNoTypes) {
  server_.on(k_pull_path,
             std::vector{Answer{.headers = {{"Content-Type", "application/json; charset=utf-8"}}, .body = k_manifest}});
  EXPECT_EQ(manifest().value().media_type, k_oci_type);
}

TEST_F(Pull, ResolveAsksByHead) {
  server_.on(k_pull_path, std::vector{manifest_answer()});
  const auto found = client_->resolve(reference("reg.example/team/app:1")).value();
  EXPECT_EQ(found.digest, crypto::Digest::of(as_byte_view(k_manifest)));
  EXPECT_EQ(found.size, k_manifest.size());
  EXPECT_EQ(found.media_type, k_oci_type);
  ASSERT_EQ(server_.requests().size(), 1U);
  EXPECT_EQ(server_.requests()[0].method, "HEAD");
}

TEST_F(Pull, ResolveFallsBackToGet) {
  Answer silent = manifest_answer();
  silent.headers.pop_back();
  server_.on(k_pull_path, std::vector{silent, silent, Answer{.status = 405}, manifest_answer()});
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(client_->resolve(reference("reg.example/team/app:1")).value().digest,
              crypto::Digest::of(as_byte_view(k_manifest)));
  }
  EXPECT_EQ(server_.requests().size(), 4U);
}

TEST_F(Pull, ResolveOfNothing) {  // F18
  const auto result = client_->resolve(reference("reg.example/team/app:2"));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ExitCode::network);
  EXPECT_NE(result.error().message.find("reg.example/team/app:2"), std::string::npos);
  EXPECT_EQ(server_.requests().size(), 1U);
}

TEST_F(Pull, PrefixGoesBeforeTheRepository) {
  ClientOptions options;
  options.http.proxy = net::Proxy::none;
  options.upstreams["registry.k8s.io"] = {.base_url = server_.url(), .path_prefix = "mirrors/k8s", .plain_http = true};
  server_.on("/v2/mirrors/k8s/pause/manifests/3.10", std::vector{manifest_answer()});
  EXPECT_TRUE(Client::make(options).value()->manifest(reference("registry.k8s.io/pause:3.10")));
}

class PullBlob : public Pull {
protected:
  PullBlob() : path_("/v2/team/app/blobs/" + blob_.digest.to_string()) {}
  Status pull() { return client_->blob(k_repository, blob_, sink_); }

  std::string content_ = std::string(200'000, 'a') + "end";
  oci::Descriptor blob_ = descriptor_of(content_);
  std::string path_;
  StringSink sink_;
};

TEST_F(PullBlob, Whole) {
  server_.on(path_, std::vector{Answer{.body = content_}});
  EXPECT_TRUE(pull());
  EXPECT_TRUE(sink_.text == content_);
}

TEST_F(PullBlob, ThroughRedirectsAndBreaks) {  // F15, F23
  FaultServer storage;
  ClientOptions options;
  options.http.proxy = net::Proxy::none;
  options.http.endpoints[storage.authority()].plain_http = true;
  options.upstreams["reg.example"] = {.base_url = server_.url(), .plain_http = true};
  client_ = std::move(Client::make(options, std::make_shared<FakeClock>()).value());
  server_.on(path_, std::vector{Answer{.status = 307, .headers = {{"Location", storage.url("/blob?sig=x")}}}});
  storage.on("/blob", std::vector{Answer{.body = content_, .drop_after = 1000},
                                  Answer{.body = content_, .ranges = Ranges::honoured}});
  const auto status = pull();
  ASSERT_TRUE(status) << status.error().message;
  EXPECT_TRUE(sink_.text == content_);
  EXPECT_EQ(server_.count(path_), 2U) << "a signed address may have expired: ask for a new one";
}

TEST_F(PullBlob, TokenRunsOutOnTheWay) {  // F17
  int tokens = 0;
  int served = 0;
  server_.on("/token", [&](const Recorded&) { return Answer{.body = fmt::format(R"({{"token":"t{}"}})", ++tokens)}; });
  server_.on(path_, [&](const Recorded& request) {
    // Each token gives 50,000 bytes, then the connection drops and the next token is wanted.
    if (request.header("Authorization") != fmt::format("Bearer t{}", tokens) || tokens == served) {
      return challenge("Bearer realm=\"" + server_.url("/token") + "\"");
    }
    served = tokens;
    return Answer{.body = content_, .drop_after = 50'000, .ranges = Ranges::honoured};
  });
  const auto status = pull();
  ASSERT_TRUE(status) << status.error().message;
  EXPECT_TRUE(sink_.text == content_);
  EXPECT_GE(tokens, 4);
}

TEST_F(PullBlob, ResumesAnEarlierRun) {
  server_.on(path_, std::vector{Answer{.body = content_, .ranges = Ranges::honoured}});
  Resume resume{1234, crypto::Hasher()};
  resume.hasher.update(as_byte_view(content_).first(1234));
  sink_.text = content_.substr(0, 1234);
  EXPECT_TRUE(client_->blob(k_repository, blob_, sink_, std::move(resume)));
  EXPECT_TRUE(sink_.text == content_);
  EXPECT_EQ(server_.requests().at(0).header("Range"), "bytes=1234-");
}

TEST_F(PullBlob, RightSizeWrongDigest) {  // F22
  std::string other = content_;
  other.back() = 'x';
  server_.on(path_,
             std::vector{Answer{.headers = {{"Docker-Content-Digest", blob_.digest.to_string()}}, .body = other}});
  const auto status = pull();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ExitCode::integrity);
  EXPECT_NE(status.error().message.find(blob_.digest.to_string()), std::string::npos);
}

TEST_F(PullBlob, Missing) {  // F18
  const auto status = pull();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ExitCode::network);
  EXPECT_EQ(server_.requests().size(), 1U);
}

TEST_F(Pull, TagsOverPages) {
  server_.on("/v2/team/app/tags/list", [](const Recorded& request) {
    if (request.target.ends_with("last=b")) {
      return Answer{.body = R"({"name":"team/app","tags":["c"]})"};
    }
    return Answer{.headers = {{"Link", R"(</v2/team/app/tags/list?n=2&last=b>; rel="next")"}},
                  .body = R"({"name":"team/app","tags":["a","b"]})"};
  });
  EXPECT_THAT(client_->tags(k_repository).value(), ::testing::ElementsAre("a", "b", "c"));
}

TEST_F(Pull, TagsThatAreNone) {
  server_.on("/v2/team/app/tags/list",
             std::vector{Answer{.body = R"({"tags":null})"}, Answer{.body = R"({"tags":["../x"]})"}});
  EXPECT_TRUE(client_->tags(k_repository).value().empty());
  EXPECT_EQ(client_->tags(k_repository).error().code, ExitCode::format);
}

TEST_F(Pull, PagesStayAtTheRegistryAndEnd) {  // R6
  server_.on(
      "/v2/team/app/tags/list",
      std::vector{Answer{.headers = {{"Link", R"(<http://169.254.169.254/>; rel="next")"}}, .body = R"({"tags":[]})"}});
  EXPECT_EQ(client_->tags(k_repository).error().code, ExitCode::network);
  server_.on(
      "/v2/team/app/tags/list",
      std::vector{Answer{.headers = {{"Link", R"(</v2/team/app/tags/list>; rel="next")"}}, .body = R"({"tags":[]})"}});
  EXPECT_EQ(client_->tags(k_repository).error().code, ExitCode::limit);
}

TEST_F(Pull, ReferrersByApiAndByTag) {
  const auto subject = crypto::Digest::of(as_byte_view("x"));
  const std::string index =
      R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[)"
      R"({"mediaType":"application/vnd.oci.image.manifest.v1+json","artifactType":"a/b","size":2,"digest":")" +
      subject.to_string() +
      R"("},)"
      R"({"mediaType":"application/vnd.oci.image.manifest.v1+json","artifactType":"c/d","size":2,"digest":")" +
      subject.to_string() + R"("}]})";
  EXPECT_TRUE(client_->referrers(k_repository, subject).value().empty());
  server_.on("/v2/team/app/manifests/sha256-" + subject.hex(), std::vector{Answer{.body = index}});
  EXPECT_EQ(client_->referrers(k_repository, subject).value().size(), 2U);
  server_.on("/v2/team/app/referrers/" + subject.to_string(), std::vector{Answer{.body = index}});
  EXPECT_EQ(client_->referrers(k_repository, subject, "c/d").value().size(), 1U);
}

}  // namespace
}  // namespace kubeferry::registry

// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/registry_server/routes.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "memory_content.hpp"

namespace kubeferry::registry_server {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Routes : public ::testing::Test {
protected:
  Response get(const std::string& target, Method method = Method::get) {
    Request request = made(target);
    request.method = method;
    return respond(request, content_, pulls_);
  }
  Response get_range(const std::string& range, const std::string& if_range = {}, Method method = Method::get) {
    Request request = made(blob_path());
    request.method = method;
    request.range = range;
    if (!if_range.empty()) {
      request.if_range = if_range;
    }
    return respond(request, content_, pulls_);
  }
  Request made(const std::string& target) {
    Request request;
    auto parsed = parse_target(target);
    EXPECT_TRUE(parsed) << target;
    request.path = std::move(parsed->path);
    request.query = std::move(parsed->query);
    return request;
  }
  [[nodiscard]] std::string blob_path() const { return "/v2/pause/blobs/" + blob_.to_string(); }
  static std::string header(const Response& response, std::string_view name) {
    for (const auto& [key, value] : response.headers) {
      if (key == name) {
        return value;
      }
    }
    return "(none)";
  }
  static std::string error_of(const Response& response) {
    return std::to_string(response.status) + " " + response.body.substr(20, response.body.find('"', 20) - 20);
  }

  MemoryContent content_;
  PullLog pulls_;
  crypto::Digest manifest_ = content_.add_manifest("pause", "3.10", "{\"pause\":1}");
  crypto::Digest mirrored_ = content_.add_manifest("registry.k8s.io/pause", "3.10", "{\"mirrored\":1}");
  crypto::Digest blob_ = content_.add_blob("0123456789");
};

TEST_F(Routes, VersionCheck) {
  for (const char* path : {"/v2/", "/v2", "/v2/?unknown=1"}) {
    EXPECT_EQ(get(path).status, 200U) << path;
    EXPECT_EQ(get(path).body, "{}");
  }
  EXPECT_THAT(head_text(get("/v2/"), true), HasSubstr("Docker-Distribution-Api-Version: registry/2.0\r\n"));
}

TEST_F(Routes, ManifestsByTagAndDigest) {
  for (const std::string& reference : {std::string("3.10"), manifest_.to_string()}) {
    const Response response = get("/v2/pause/manifests/" + reference);
    EXPECT_EQ(response.status, 200U);
    EXPECT_EQ(response.body, "{\"pause\":1}");
    EXPECT_EQ(response.pulled, "pause");
    EXPECT_EQ(header(response, "Content-Type"), k_manifest_type);
    EXPECT_EQ(header(response, "Docker-Content-Digest"), manifest_.to_string());
    EXPECT_EQ(header(response, "ETag"), "\"" + manifest_.to_string() + "\"");
  }
  EXPECT_EQ(error_of(get("/v2/pause/manifests/3.9")), "404 MANIFEST_UNKNOWN");
  EXPECT_EQ(error_of(get("/v2/pause/manifests/" + blob_.to_string())), "404 MANIFEST_UNKNOWN");
  EXPECT_EQ(error_of(get("/v2/none/manifests/3.9")), "404 NAME_UNKNOWN");
  EXPECT_EQ(error_of(get("/v2/pause/manifests/sha256:12")), "400 DIGEST_INVALID");
  EXPECT_EQ(error_of(get("/v2/Pause/manifests/1")), "400 NAME_INVALID");
  content_.lose_manifest(manifest_);
  EXPECT_EQ(error_of(get("/v2/pause/manifests/3.10")), "500 UNKNOWN");
}

TEST_F(Routes, NamespaceChoosesTheHost) {
  EXPECT_EQ(get("/v2/pause/manifests/3.10?ns=registry.k8s.io").body, "{\"mirrored\":1}");
  EXPECT_EQ(get("/v2/pause/manifests/3.10?ns=quay.io").status, 404U);
}

TEST_F(Routes, UnchangedIsNotSentAgain) {
  Request request = made("/v2/pause/manifests/3.10");
  for (const std::string& field :
       {"\"" + manifest_.to_string() + "\"", std::string("*"), "\"x\", W/\"" + manifest_.to_string() + "\""}) {
    request.if_none_match = field;
    const Response response = respond(request, content_, pulls_);
    EXPECT_EQ(response.status, 304U) << field;
    EXPECT_TRUE(response.body.empty());
    EXPECT_THAT(head_text(response, true), Not(HasSubstr("Content-Length")));
  }
  request.if_none_match = "\"other\"";
  EXPECT_EQ(respond(request, content_, pulls_).status, 200U);
}

TEST_F(Routes, Blobs) {
  const Response response = get(blob_path());
  EXPECT_EQ(response.status, 200U);
  ASSERT_NE(response.blob, nullptr);
  EXPECT_EQ(response.content_length(), 10U);
  EXPECT_EQ(header(response, "Content-Type"), "application/octet-stream");
  EXPECT_EQ(header(response, "Docker-Content-Digest"), blob_.to_string());
  EXPECT_EQ(header(response, "Accept-Ranges"), "bytes");
  EXPECT_EQ(get(blob_path(), Method::head).content_length(), 10U);
  EXPECT_EQ(error_of(get("/v2/pause/blobs/" + manifest_.to_string())), "404 BLOB_UNKNOWN");
  EXPECT_EQ(error_of(get("/v2/pause/blobs/latest")), "400 DIGEST_INVALID");
}

TEST_F(Routes, Ranges) {
  struct Row {
    const char* range;
    unsigned status;
    std::uint64_t first;
    std::uint64_t length;
    const char* content_range;
  };
  for (const Row& row : {Row{"bytes=0-0", 206, 0, 1, "bytes 0-0/10"}, Row{"bytes=3-5", 206, 3, 3, "bytes 3-5/10"},
                         Row{"bytes=7-", 206, 7, 3, "bytes 7-9/10"}, Row{"bytes=-4", 206, 6, 4, "bytes 6-9/10"},
                         Row{"bytes=-99", 206, 0, 10, "bytes 0-9/10"}, Row{"bytes=9-99", 206, 9, 1, "bytes 9-9/10"},
                         Row{"Bytes = 1-1", 206, 1, 1, "bytes 1-1/10"}, Row{"bytes=5-4", 200, 0, 10, "(none)"},
                         Row{"bytes=0-1,3-4", 200, 0, 10, "(none)"}, Row{"items=0-1", 200, 0, 10, "(none)"},
                         Row{"bytes=", 200, 0, 10, "(none)"}, Row{"bytes=-", 200, 0, 10, "(none)"},
                         Row{"bytes=a-b", 200, 0, 10, "(none)"}, Row{"bytes=+1-2", 200, 0, 10, "(none)"},
                         Row{"bytes=0-18446744073709551615", 206, 0, 10, "bytes 0-9/10"},
                         Row{"bytes=0-18446744073709551616", 200, 0, 10, "(none)"}}) {
    const Response response = get_range(row.range);
    EXPECT_EQ(response.status, row.status) << row.range;
    EXPECT_EQ(response.first, row.first) << row.range;
    EXPECT_EQ(response.content_length(), row.length) << row.range;
    EXPECT_EQ(header(response, "Content-Range"), row.content_range) << row.range;
  }
  for (const char* range : {"bytes=10-", "bytes=10-20", "bytes=-0", "bytes=18446744073709551615-"}) {
    const Response response = get_range(range);
    EXPECT_EQ(response.status, 416U) << range;
    EXPECT_EQ(response.blob, nullptr);
    EXPECT_EQ(header(response, "Content-Range"), "bytes */10");
  }
  EXPECT_EQ(get_range("bytes=1-2", "\"" + blob_.to_string() + "\"").status, 206U);
  EXPECT_EQ(get_range("bytes=1-2", "\"other\"").status, 200U);
  EXPECT_EQ(get_range("bytes=1-2", {}, Method::head).status, 200U);
}

TEST_F(Routes, AnEmptyBlobHasNoRange) {
  Request request = made("/v2/pause/blobs/" + content_.add_blob("").to_string());
  request.range = "bytes=0-";
  EXPECT_EQ(respond(request, content_, pulls_).status, 200U);
}

TEST_F(Routes, TagsArePaged) {
  for (const char* tag : {"b", "a", "c", "B"}) {
    content_.add_manifest("many", tag, "{}");
  }
  EXPECT_EQ(get("/v2/many/tags/list").body, R"({"name":"many","tags":["B","a","b","c"]})");
  const Response first = get("/v2/many/tags/list?n=2&ns=");
  EXPECT_EQ(first.body, R"({"name":"many","tags":["B","a"]})");
  EXPECT_EQ(header(first, "Link"), "</v2/many/tags/list?n=2&last=a&ns=>; rel=\"next\"");
  const Response second = get("/v2/many/tags/list?n=2&last=a");
  EXPECT_EQ(second.body, R"({"name":"many","tags":["b","c"]})");
  EXPECT_EQ(header(second, "Link"), "(none)");
  EXPECT_EQ(get("/v2/many/tags/list?n=0").body, R"({"name":"many","tags":[]})");
  EXPECT_EQ(header(get("/v2/many/tags/list?n=0"), "Link"), "(none)");
  EXPECT_EQ(get("/v2/many/tags/list?last=zz").body, R"({"name":"many","tags":[]})");
  for (const char* n : {"-1", "x", "1e9", "99999999999999999999"}) {
    EXPECT_EQ(error_of(get("/v2/many/tags/list?n=" + std::string(n))), "400 PAGINATION_NUMBER_INVALID");
  }
  EXPECT_EQ(error_of(get("/v2/none/tags/list")), "404 NAME_UNKNOWN");
}

TEST_F(Routes, CatalogNeverGivesMoreThanAPage) {
  for (int i = 0; i < 1500; ++i) {
    content_.add_manifest("r" + std::to_string(i), "1", "{}");
  }
  const Response response = get("/v2/_catalog?n=1000000000");
  EXPECT_EQ(static_cast<std::uint64_t>(std::count(response.body.begin(), response.body.end(), ',')), k_max_page - 1);
  EXPECT_THAT(header(response, "Link"), HasSubstr("n=1000&last="));
  EXPECT_EQ(get("/v2/_catalog?n=2").body, R"({"repositories":["pause","r0"]})");
}

TEST_F(Routes, Referrers) {
  const Referrer sbom{{crypto::Digest::of(as_byte_view("s")), std::string(k_manifest_type), 7}, "sbom/x", {{"k", "v"}}};
  const Referrer other{{crypto::Digest::of(as_byte_view("o")), std::string(k_manifest_type), 8}, "", {}};
  content_.add_referrer(manifest_, sbom);
  content_.add_referrer(manifest_, other);
  const std::string path = "/v2/pause/referrers/" + manifest_.to_string();
  const Response all = get(path);
  EXPECT_EQ(header(all, "Content-Type"), "application/vnd.oci.image.index.v1+json");
  EXPECT_EQ(header(all, "OCI-Filters-Applied"), "(none)");
  EXPECT_THAT(all.body, HasSubstr(sbom.manifest.digest.to_string()));
  EXPECT_THAT(all.body, HasSubstr(other.manifest.digest.to_string()));
  const Response filtered = get(path + "?artifactType=sbom/x");
  EXPECT_EQ(header(filtered, "OCI-Filters-Applied"), "artifactType");
  EXPECT_THAT(filtered.body, HasSubstr(R"("artifactType":"sbom/x","annotations":{"k":"v"}})"));
  EXPECT_THAT(filtered.body, Not(HasSubstr(other.manifest.digest.to_string())));
  EXPECT_EQ(get("/v2/pause/referrers/" + blob_.to_string()).body,
            R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]})");
  EXPECT_EQ(error_of(get("/v2/pause/referrers/latest")), "400 DIGEST_INVALID");
}

TEST_F(Routes, NothingCanBeWritten) {
  for (const char* path : {"/v2/pause/blobs/uploads/", "/v2/pause/manifests/3.10", "/v2/", "/"}) {
    const Response response = get(path, Method::other);
    EXPECT_EQ(error_of(response), "405 UNSUPPORTED") << path;
    EXPECT_EQ(header(response, "Allow"), "GET, HEAD");
  }
  Request request = made("/v2/pause/manifests/3.10");
  request.has_body = true;
  EXPECT_TRUE(respond(request, content_, pulls_).close);
}

TEST_F(Routes, WhatIsNowhereIsNotFound) {
  for (const char* path : {"/x", "/v1/", "/v2/pause", "/v2/pause/manifests", "/v2/pause/uploads/x", "/v2//",
                           "/v2/pause/blobs/uploads/1"}) {
    EXPECT_EQ(get(path).status, 404U) << path;
  }
  EXPECT_EQ(get("/v2//manifests/1").status, 400U);
  EXPECT_EQ(get("/v2/../etc/manifests/1").status, 400U);
}

TEST_F(Routes, NamesFollowTheGrammar) {
  for (const char* name : {"a", "a/b", "a.b", "a_b", "a__b", "a---b", "k8s.io/a1"}) {
    EXPECT_TRUE(is_repository_path(name)) << name;
  }
  for (const std::string& name : {std::string(""), std::string("A"), std::string("a//b"), std::string("/a"),
                                  std::string("a/"), std::string("a..b"), std::string("a___b"), std::string("-a"),
                                  std::string("a-"), std::string("a._b"), std::string(".."), std::string(256, 'a')}) {
    EXPECT_FALSE(is_repository_path(name)) << name;
  }
  EXPECT_TRUE(is_tag("v1.0_A-b"));
  EXPECT_TRUE(is_tag(std::string(128, 'a')));
  for (const std::string& tag :
       {std::string(), std::string(".a"), std::string("-a"), std::string("a:b"), std::string(129, 'a')}) {
    EXPECT_FALSE(is_tag(tag)) << tag;
  }
}

TEST_F(Routes, ThePageShowsContentAndPullsEscaped) {
  pulls_.record("192.0.2.7", "pause", Pull::manifest, 11);
  pulls_.record("192.0.2.7", "pause", Pull::blob, 1024);
  const Response response = get("/");
  EXPECT_THAT(response.body, HasSubstr("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;"));
  EXPECT_THAT(response.body, Not(HasSubstr("<script")));
  EXPECT_THAT(response.body, HasSubstr("<td>registry.k8s.io/pause</td><td>3.10</td>"));
  EXPECT_THAT(response.body, HasSubstr("<td>192.0.2.7</td><td>pause</td><td>1</td><td>1</td><td>1.0 KiB</td>"));
}

TEST(PullLog, IsBounded) {
  PullLog pulls;
  for (std::size_t i = 0; i < PullLog::k_max_rows + 10; ++i) {
    pulls.record("c" + std::to_string(i), "r", Pull::blob, 5);
  }
  pulls.record("c0", "r", Pull::manifest, 1);
  const auto rows = pulls.rows();
  ASSERT_EQ(rows.size(), PullLog::k_max_rows + 1);
  EXPECT_EQ(rows.front().counts.manifests, 1U);
  EXPECT_EQ(rows.back().client, "");
  EXPECT_EQ(rows.back().counts.blobs, 10U);
  EXPECT_EQ(rows.back().counts.bytes, 50U);
}

TEST(Response, ErrorsHideTerminalControl) {
  EXPECT_EQ(error_response(404, ErrorCode::name_unknown, "a\x1b\"").body,
            R"({"errors":[{"code":"NAME_UNKNOWN","message":"a\\x1b\""}]})");
}

}  // namespace
}  // namespace kubeferry::registry_server

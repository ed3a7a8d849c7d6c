// SPDX-License-Identifier: Apache-2.0
#include "fake_registry.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

#include <kubeferry/base/json.hpp>
#include <kubeferry/crypto/digest.hpp>

namespace kubeferry::installer::testing_support {

using testing::Answer;
using testing::Recorded;

namespace {

std::string digest_of(const std::string& text) { return crypto::Digest::of(as_byte_view(text)).to_string(); }

std::string decoded(std::string text) {
  for (std::size_t at = text.find("%3A"); at != std::string::npos; at = text.find("%3A")) {
    text.replace(at, 3, ":");
  }
  for (std::size_t at = text.find("%2F"); at != std::string::npos; at = text.find("%2F")) {
    text.replace(at, 3, "/");
  }
  return text;
}

std::string parameter(const std::string& target, const std::string& name) {
  const std::size_t at = target.find(name + "=");
  return at == std::string::npos
             ? std::string()
             : decoded(target.substr(at + name.size() + 1, target.find('&', at) - at - name.size() - 1));
}

Answer status(int code) { return Answer{.status = code}; }

}  // namespace

FakeRegistry::FakeRegistry() {
  server_.otherwise([this](const Recorded& request) { return answer(request); });
}

std::size_t FakeRegistry::requests(const std::string& method) const {
  const auto all = server_.requests();
  return static_cast<std::size_t>(std::count_if(all.begin() + static_cast<std::ptrdiff_t>(first_request_), all.end(),
                                                [&](const Recorded& one) { return one.method == method; }));
}

std::size_t FakeRegistry::uploads() const {
  const auto all = server_.requests();
  return static_cast<std::size_t>(std::count_if(
      all.begin() + static_cast<std::ptrdiff_t>(first_request_), all.end(),
      [&](const Recorded& one) { return one.method == "PUT" && one.target.find("/blobs/") != std::string::npos; }));
}

std::size_t FakeRegistry::manifest_puts(const std::string& digest) const {
  const std::lock_guard lock(mutex_);
  const auto found = puts_.find(digest);
  return found == puts_.end() ? 0 : found->second;
}

std::size_t FakeRegistry::overlapping_puts() const {
  const std::lock_guard lock(mutex_);
  return overlaps_;
}

void FakeRegistry::forget_requests() { first_request_ = server_.requests().size(); }

bool FakeRegistry::has_blob(const std::string& repository, const std::string& digest) const {
  const std::lock_guard lock(mutex_);
  return blobs_.contains({repository, digest});
}

std::string FakeRegistry::manifest_text(const std::string& repository, const std::string& tag_or_digest) const {
  const std::lock_guard lock(mutex_);
  const auto found = manifests_.find({repository, tag_or_digest});
  return found == manifests_.end() ? std::string() : found->second.text;
}

std::string FakeRegistry::manifest(const std::string& repository, const std::string& tag_or_digest) const {
  const std::string text = manifest_text(repository, tag_or_digest);
  return text.empty() ? text : digest_of(text);
}

void FakeRegistry::drop_blob(const std::string& repository, const std::string& digest) {
  const std::lock_guard lock(mutex_);
  blobs_.erase({repository, digest});
}

Answer FakeRegistry::answer(const Recorded& request) {
  const bool puts_manifest = request.method == "PUT" && request.target.find("/manifests/") != std::string::npos;
  if (puts_manifest) {
    const std::string digest = digest_of(request.body);
    {
      const std::lock_guard lock(mutex_);
      ++puts_[digest];
      overlaps_ += being_put_.insert(digest).second ? 0U : 1U;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    const std::lock_guard lock(mutex_);
    being_put_.erase(digest);
  }
  const std::lock_guard lock(mutex_);
  const std::string path = request.target.substr(0, request.target.find('?'));
  if (!path.starts_with("/v2/")) {
    return status(404);
  }
  const std::size_t uploads = path.find("/blobs/uploads/");
  if (uploads != std::string::npos) {
    return upload(request, path.substr(4, uploads - 4));
  }
  const std::size_t last = path.rfind('/');
  const std::size_t kind = path.rfind('/', last - 1);
  const Name name{path.substr(4, kind - 4), decoded(path.substr(last + 1))};
  if (path.substr(kind, last - kind) == "/blobs") {
    return blob(request, name);
  }
  return request.method == "PUT" ? put_manifest(request, name) : get_manifest(request, name);
}

Answer FakeRegistry::blob(const Recorded& request, const Name& name) {
  const auto found = blobs_.find(name);
  if (found == blobs_.end()) {
    return status(404);
  }
  Answer out{.headers = {{"Docker-Content-Digest", name.second}}, .body = found->second};
  if (request.method == "HEAD") {
    out.content_length = found->second.size();
    out.body.clear();
  }
  return out;
}

Answer FakeRegistry::upload(const Recorded& request, const std::string& repository) {
  if (request.method == "POST") {
    const std::string digest = parameter(request.target, "mount");
    const auto found = blobs_.find({parameter(request.target, "from"), digest});
    if (!digest.empty() && !refuses_mounts && found != blobs_.end()) {
      blobs_[{repository, digest}] = found->second;
      return status(201);
    }
    return Answer{.status = 202, .headers = {{"Location", "/v2/" + repository + "/blobs/uploads/1?state=x"}}};
  }
  const std::string digest = parameter(request.target, "digest");
  if (rejects.contains(digest) || digest_of(request.body) != digest) {
    return status(400);
  }
  if (!loses.contains(digest)) {
    blobs_[{repository, digest}] = request.body.substr(0, request.body.size() - (truncates.contains(digest) ? 1 : 0));
  }
  return status(201);
}

bool FakeRegistry::lacks_child(const std::string& repository, const std::string& text) const {
  const auto json = parse_json(text, "manifest");
  const Json* children = json ? json->find("manifests") : nullptr;
  return children != nullptr &&
         std::any_of(children->as_array()->begin(), children->as_array()->end(), [&](const Json& one) {
           return !manifests_.contains({repository, *one.find("digest")->as_string()});
         });
}

Answer FakeRegistry::put_manifest(const Recorded& request, const Name& name) {
  if (refuses_sparse && lacks_child(name.first, request.body)) {
    return Answer{.status = 400, .body = R"({"errors":[{"code":"MANIFEST_BLOB_UNKNOWN"}]})"};
  }
  const std::string digest = digest_of(request.body);
  if (!loses.contains(digest)) {
    manifests_[name] = {request.header("Content-Type"), request.body};
    manifests_[{name.first, digest}] = manifests_[name];
  }
  return Answer{.status = 201, .headers = {{"Docker-Content-Digest", digest}}};
}

Answer FakeRegistry::get_manifest(const Recorded& request, const Name& name) {
  const auto found = manifests_.find(name);
  if (found == manifests_.end()) {
    return status(404);
  }
  Answer out{
      .headers = {{"Content-Type", found->second.type}, {"Docker-Content-Digest", digest_of(found->second.text)}},
      .body = found->second.text};
  if (request.method == "HEAD") {
    out.content_length = found->second.text.size();
    out.body.clear();
  }
  return out;
}

}  // namespace kubeferry::installer::testing_support

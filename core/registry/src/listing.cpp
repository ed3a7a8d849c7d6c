// SPDX-License-Identifier: Apache-2.0
#include "session.hpp"

#include <kubeferry/base/json.hpp>
#include <kubeferry/base/text.hpp>
#include <kubeferry/net/header_values.hpp>
#include <kubeferry/oci/manifest.hpp>
#include <kubeferry/oci/media_type.hpp>

namespace kubeferry::registry {
namespace {

constexpr std::size_t k_most_pages = 1000;
constexpr std::size_t k_most_entries = 100'000;

/// The next page's URL; empty at the end. network error when it lies on another origin (R6).
Result<std::string> next_page(const Target& target, const net::Response& response) {
  for (const auto value : response.headers.all("Link")) {
    const auto link = net::next_link(value);
    if (!link) {
      continue;
    }
    KF_TRY_ASSIGN(const net::Url here, net::parse_url(response.url, ExitCode::network));
    KF_TRY_ASSIGN(const net::Url next, net::join_url(here, *link));
    if (next.origin() != target.login.endpoint().base_url) {
      return fail(ExitCode::network, "{}: the next page is said to be on another host ({})", target.what,
                  next.origin());
    }
    return next.text();
  }
  return std::string();
}

}  // namespace

Result<std::vector<std::string>> Client::tags(const Repository& repository) {
  KF_TRY_ASSIGN(const Target target, session_->target(repository, Access::pull, repository.to_string() + " tags"));
  std::vector<std::string> tags;
  net::Request request;
  request.url = target.path + "/tags/list";
  for (std::size_t page = 0; page < k_most_pages; ++page) {
    KF_TRY_ASSIGN(const net::Response response, session_->send(target, request));
    KF_TRY(net::expect_success(response, target.what));
    KF_TRY_ASSIGN(const Json json, parse_json(as_text(response.body), target.what, {}, Floats::become_null));
    // An empty repository's list is null in Go's registries.
    if (const auto list = JsonView(json, target.what).optional_member("tags"); list && !list->value().is_null()) {
      KF_TRY_ASSIGN(const auto elements, list->elements());
      for (const auto& element : elements) {
        KF_TRY_ASSIGN(std::string tag, element.string());
        if (!oci::is_tag(tag)) {
          return element.wrong("is no tag");
        }
        tags.push_back(std::move(tag));
      }
    }
    KF_TRY_ASSIGN(request.url, next_page(target, response));
    if (request.url.empty()) {
      return tags;
    }
    if (tags.size() > k_most_entries) {
      break;
    }
  }
  return fail(ExitCode::limit, "{}: more than {} pages or {} entries", target.what, k_most_pages, k_most_entries);
}

Result<std::vector<oci::Descriptor>> Client::referrers(const Repository& repository, const crypto::Digest& subject,
                                                       const std::string& artifact_type) {
  const std::string what = fmt::format("{}@{} referrers", repository.to_string(), subject.to_string());
  KF_TRY_ASSIGN(const Target target, session_->target(repository, Access::pull, what));
  std::vector<oci::Descriptor> found;
  const auto add = [&](const net::Response& response) -> Status {
    KF_TRY_ASSIGN(oci::Index index, oci::parse_index(response.body, oci::k_oci_index, what));
    for (auto& descriptor : index.manifests) {
      if (artifact_type.empty() || descriptor.artifact_type == artifact_type) {
        found.push_back(std::move(descriptor));
      }
    }
    return {};
  };
  net::Request request;
  request.headers.add("Accept", std::string(oci::k_oci_index));
  request.url = fmt::format("{}/referrers/{}", target.path, subject.to_string());
  for (std::size_t page = 0; page < k_most_pages && found.size() <= k_most_entries; ++page) {
    KF_TRY_ASSIGN(net::Response response, session_->send(target, request));
    const bool first = page == 0;
    if (first && (response.status == 404 || response.status == 400 || response.status == 405)) {
      // Registries older than distribution 1.1 keep the list under a tag.
      request.url =
          fmt::format("{}/manifests/{}-{}", target.path, crypto::hash_name(subject.algorithm()), subject.hex());
      KF_TRY_ASSIGN(response, session_->send(target, request));
      if (response.status == 404) {
        return found;
      }
    }
    KF_TRY(net::expect_success(response, what));
    KF_TRY(add(response));
    KF_TRY_ASSIGN(request.url, next_page(target, response));
    if (request.url.empty()) {
      return found;
    }
  }
  return fail(ExitCode::limit, "{}: more than {} pages or {} entries", what, k_most_pages, k_most_entries);
}

}  // namespace kubeferry::registry

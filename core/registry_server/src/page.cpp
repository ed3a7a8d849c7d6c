// SPDX-License-Identifier: Apache-2.0
#include "page.hpp"

#include <algorithm>
#include <initializer_list>
#include <iterator>

#include <fmt/format.h>

#include <kubeferry/base/text.hpp>

namespace kubeferry::registry_server {

namespace {

constexpr std::size_t k_max_rows = 1000;

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : printable(text)) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out.push_back(c);
    }
  }
  return out;
}

void add_row(std::string& out, std::string_view cell, std::initializer_list<std::string_view> texts) {
  out += "<tr>";
  for (const std::string_view text : texts) {
    fmt::format_to(std::back_inserter(out), "<{0}>{1}</{0}>", cell, escaped(text));
  }
  out += "</tr>\n";
}

void add_repositories(std::string& out, const Content& content) {
  auto repositories = content.repositories();
  std::sort(repositories.begin(), repositories.end());
  fmt::format_to(std::back_inserter(out), "<h2>{} repositories</h2>\n<table>\n", repositories.size());
  add_row(out, "th", {"repository", "tags"});
  for (std::size_t i = 0; i < std::min(repositories.size(), k_max_rows); ++i) {
    auto tags = content.tags({.path = repositories[i], .host = {}}).value_or(std::vector<std::string>{});
    std::sort(tags.begin(), tags.end());
    add_row(out, "td", {repositories[i], fmt::format("{}", fmt::join(tags, ", "))});
  }
  out += "</table>\n";
  if (repositories.size() > k_max_rows) {
    fmt::format_to(std::back_inserter(out), "<p>… and {} more</p>\n", repositories.size() - k_max_rows);
  }
}

void add_pulls(std::string& out, const PullLog& pulls) {
  const auto rows = pulls.rows();
  if (rows.empty()) {
    out += "<h2>Pulls</h2>\n<p>none since the server started</p>\n";
    return;
  }
  out += "<h2>Pulls since the server started</h2>\n<table>\n";
  add_row(out, "th", {"client", "repository", "manifests", "blobs", "sent"});
  for (const PullLog::Row& row : rows) {
    add_row(out, "td",
            {row.client.empty() ? std::string_view("others") : row.client, row.repository,
             std::to_string(row.counts.manifests), std::to_string(row.counts.blobs), human_bytes(row.counts.bytes)});
  }
  out += "</table>\n";
}

}  // namespace

Response page(const Content& content, const PullLog& pulls) {
  Response response;
  response.headers.emplace_back("Content-Type", "text/html; charset=utf-8");
  response.headers.emplace_back("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'");
  response.headers.emplace_back("Cache-Control", "no-store");
  std::string& out = response.body;
  out =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>kubeferry registry</title>\n"
      "<style>body{font-family:sans-serif;margin:2em}td,th{text-align:left;padding:.15em 1em .15em 0;"
      "vertical-align:top}</style></head><body>\n<h1>kubeferry registry</h1>\n<table>\n";
  for (const auto& [label, value] : content.summary()) {
    add_row(out, "td", {label, value});
  }
  out += "</table>\n";
  add_repositories(out, content);
  add_pulls(out, pulls);
  out += "</body></html>\n";
  return response;
}

}  // namespace kubeferry::registry_server

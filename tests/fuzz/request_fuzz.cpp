// SPDX-License-Identifier: Apache-2.0
// What strangers send to the registry server: from the first byte of a request to the response that it gets.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <kubeferry/base/json.hpp>
#include <kubeferry/registry_server/request.hpp>
#include <kubeferry/registry_server/routes.hpp>

#include "memory_content.hpp"
#include "require.hpp"

namespace {

using namespace kubeferry;
using namespace kubeferry::registry_server;
using fuzz::require;

/// A repository "a/b" with a tag, a blob and a referrer; the same bytes each time, so that seeds can name digests.
const MemoryContent& content() {
  static const MemoryContent made = [] {
    MemoryContent out;
    const auto manifest = out.add_manifest("a/b", "v1", R"({"schemaVersion":2})");
    out.add_blob("0123456789");
    out.add_referrer(manifest, {{manifest, std::string(k_manifest_type), 19}, "application/x", {}});
    return out;
  }();
  return made;
}

bool is_clean(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

void check(const Response& response) {
  require(response.status >= 200 && response.status < 600, "a status of HTTP");
  for (const auto& [name, value] : response.headers) {
    require(is_clean(name) && is_clean(value), "a request cannot write header lines of its own");
  }
  if (response.blob) {
    require(response.first <= response.blob->size() && response.length <= response.blob->size() - response.first,
            "a range lies within its blob");
  } else if (response.status >= 400) {
    require(parse_json(response.body, "body").has_value(), "an error is JSON, whatever it quotes");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::size_t searched = 0;
  const auto end = find_head_end(text, searched);
  require(searched <= text.size(), "it looks only at what is there");
  std::size_t in_pieces = 0;
  const auto half = find_head_end(text.substr(0, text.size() / 2), in_pieces);
  const auto whole = half ? half : find_head_end(text, in_pieces);
  require(whole == end, "pieces end where the whole does");

  const std::string_view head = end ? text.substr(0, *end) : text;
  const auto request = parse_request(head);
  if (!request) {
    require(request.error().status >= 400 && request.error().status < 600, "what is refused has a status");
  } else {
    require(!request->path.empty() && request->path.front() == '/' && is_clean(request->path),
            "a path is absolute and without control characters");
    check(respond(*request, content(), PullLog()));
  }
  if (const auto target = parse_target(text)) {
    Request asked;
    asked.target = text;
    asked.path = target->path;
    asked.query = target->query;
    asked.range = text.substr(0, std::min<std::size_t>(text.size(), 64));
    check(respond(asked, content(), PullLog()));
  }
  require(is_clean(encode_component(text)), "what is encoded can stand in a header");
  return 0;
}

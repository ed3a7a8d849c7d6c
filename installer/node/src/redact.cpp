// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/node/doctor.hpp>

#include <algorithm>
#include <array>
#include <cstddef>

#include <kubeferry/base/text.hpp>

namespace kubeferry::node {

namespace {

constexpr std::string_view k_gone = "[redacted]";
constexpr std::array<std::string_view, 11> k_keys = {
    "password",       "passwd",          "passphrase", "authorization", "certificate-key", "certificate key",
    "certificatekey", "client-key-data", "token",      "auth",          "secret"};

constexpr std::string_view k_lower_digits = "abcdefghijklmnopqrstuvwxyz0123456789";
constexpr std::string_view k_blob = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=_-.~";

std::size_t run_of(std::string_view text, std::size_t from, std::string_view characters) {
  const auto end = text.find_first_not_of(characters, from);
  return (end == std::string_view::npos ? text.size() : end) - from;
}

/// PEM, also where its line ends are written as "\n". One that is cut off takes the rest with it.
std::string without_private_keys(std::string_view text) {
  constexpr std::string_view k_begin = "-----BEGIN ";
  constexpr std::string_view k_end = "-----END ";
  std::string out;
  for (;;) {
    const auto begin = text.find(k_begin);
    if (begin == std::string_view::npos) {
      return out.append(text);
    }
    const auto label_end = text.find("-----", begin + k_begin.size());
    const auto label = text.substr(begin + k_begin.size(), label_end - begin - k_begin.size());
    if (label_end != std::string_view::npos && label.find("PRIVATE KEY") == std::string_view::npos) {
      out.append(text.substr(0, label_end));
      text.remove_prefix(label_end);
      continue;
    }
    out.append(text.substr(0, begin)).append(k_gone);
    const auto end = text.find(k_end, begin);
    const auto close = end == std::string_view::npos ? end : text.find("-----", end + k_end.size());
    if (close == std::string_view::npos) {
      return out;
    }
    text.remove_prefix(close + 5);
  }
}

/// "abcdef.0123456789abcdef" keeps what stands before the dot: that is public.
std::string without_tokens(std::string_view text) {
  std::string out;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t id = run_of(text, at, k_lower_digits);
    const bool dot = id == 6 && at + id < text.size() && text[at + id] == '.';
    const std::size_t secret = dot ? run_of(text, at + id + 1, k_lower_digits) : 0;
    out.append(text.substr(at, id));
    at += id;
    if (secret == 16) {
      out.append(".").append(k_gone);
      at += 1 + secret;
    } else if (at < text.size()) {
      out.push_back(text[at++]);
    }
  }
  return out;
}

/// What stands after "Basic " and "Bearer ", and JSON web tokens wherever they are.
std::string without_blobs(std::string_view text) {
  constexpr std::size_t k_shortest = 8;
  const std::string low = lower(text);
  std::string out;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::string_view rest = std::string_view(low).substr(at);
    const std::size_t word = rest.starts_with("basic ") ? 6 : rest.starts_with("bearer ") ? 7 : 0;
    const bool web_token = text.substr(at).starts_with("eyJ");
    const std::size_t blob = word != 0 || web_token ? run_of(text, at + word, k_blob) : 0;
    if (blob >= k_shortest) {
      out.append(text.substr(at, word)).append(k_gone);
      at += word + blob;
    } else {
      out.push_back(text[at++]);
    }
  }
  return out;
}

/// Lines that are nothing but 64 hexadecimal digits: kubeadm prints certificate keys so.
std::string without_lone_keys(std::string_view text) {
  std::string out;
  bool first = true;
  for (const auto line : split(text, '\n')) {
    out.append(first ? "" : "\n");
    first = false;
    const auto word = trim(line);
    const bool key = word.size() == 64 && run_of(word, 0, "0123456789abcdefABCDEF") == 64;
    out.append(key ? k_gone : line);
  }
  return out;
}

/// Where a quoted value that was opened by `quote` behind `slashes` backslashes ends.
std::size_t closing(std::string_view text, std::size_t from, std::string_view quote, std::size_t slashes) {
  for (auto at = text.find(quote, from); at != std::string_view::npos; at = text.find(quote, at + 1)) {
    std::size_t before = 0;
    while (before < at - from && text[at - before - 1] == '\\') {
      ++before;
    }
    if (before == slashes || (slashes == 0 && before % 2 == 0)) {
      return at - slashes;
    }
  }
  return text.size();
}

/// The value at `at`: how much of it stays (quotes), and where it ends.
struct Value {
  std::size_t begin = 0;
  std::size_t end = 0;
};

Value value_at(std::string_view text, std::size_t at, bool one_word) {
  std::size_t slashes = run_of(text, at, "\\");
  const std::size_t open = at + slashes;
  if (open < text.size() && (text[open] == '"' || text[open] == '\'')) {
    const std::string_view three = text.substr(open, 3);
    const bool triple = three == "\"\"\"" || three == "'''";
    const std::string_view quote = text.substr(open, triple ? 3 : 1);
    return {open + quote.size(), closing(text, open + quote.size(), quote, slashes)};
  }
  const auto line_end = std::min(text.find('\n', at), text.size());
  if (one_word) {
    return {at, std::min(text.find_first_of(" \t\n", at), text.size())};
  }
  const std::string_view line = text.substr(at, line_end - at);
  const std::string_view bare = trim(line);
  constexpr std::array<std::string_view, 10> k_no_secrets = {"",     "{",     "[",    "{}",    "[]",
                                                             "null", "true,", "true", "false", "false,"};
  if (std::ranges::find(k_no_secrets, bare) != k_no_secrets.end()) {
    return {at, at};
  }
  // So that what was one string of a JSON document stays one.
  const std::size_t keep = line.ends_with("\",") ? 2 : line.ends_with('"') ? 1 : 0;
  return {at, line_end - keep};
}

/// From the end of a key to its value; nothing when it is no key.
std::size_t separator(std::string_view text, std::size_t at, bool flag) {
  std::size_t here = at;
  here += run_of(text, here, "\\");
  if (here < text.size() && (text[here] == '"' || text[here] == '\'')) {
    ++here;
  }
  here += run_of(text, here, " \t");
  if (here < text.size() && (text[here] == ':' || text[here] == '=')) {
    ++here;
    return here + run_of(text, here, " \t") - at;
  }
  return flag ? run_of(text, at, " \t") : 0;
}

std::string without_values(std::string_view text, std::string_view key) {
  const std::string low = lower(text);
  std::string out;
  std::size_t done = 0;
  for (auto at = low.find(key); at != std::string::npos; at = low.find(key, at)) {
    const auto word = low.find_last_of(" \t\n\"'=,[", at) + 1;
    const bool flag = std::string_view(low).substr(word).starts_with("--") || key.starts_with("certificate");
    at += key.size();
    const std::size_t gap = separator(low, at, flag);
    if (gap == 0) {
      continue;
    }
    const bool by_space = low.find_first_of(":=", at) >= at + gap;
    const Value value = value_at(text, at + gap, by_space);
    if (value.end > value.begin) {
      out.append(text.substr(done, value.begin - done)).append(k_gone);
      done = value.end;
    }
    at = std::max(at, value.end);
  }
  return out.append(text.substr(done));
}

}  // namespace

std::string redact(std::string_view text, std::span<const std::string_view> more_keys) {
  std::string out = without_blobs(without_tokens(without_lone_keys(without_private_keys(text))));
  for (const auto key : k_keys) {
    out = without_values(out, key);
  }
  for (const auto key : more_keys) {
    out = without_values(out, key);
  }
  return out;
}

}  // namespace kubeferry::node

// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/crypto/digest.hpp>

#include <algorithm>

#include <kubeferry/base/text.hpp>
#include <kubeferry/crypto/hasher.hpp>

namespace kubeferry::crypto {

Result<Digest> Digest::parse(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  if (colon == std::string_view::npos || (name != "sha256" && name != "sha512")) {
    return fail(ExitCode::format, "digest \"{}\" must begin with sha256: or sha512:", text.substr(0, 160));
  }
  const HashAlgorithm algorithm = name == "sha256" ? HashAlgorithm::sha256 : HashAlgorithm::sha512;
  const std::string_view hex = text.substr(colon + 1);
  const std::size_t digits = digest_size(algorithm) * 2;
  if (hex.size() != digits) {
    return fail(ExitCode::format, "digest \"{}\" must have {} hex digits, not {}", text.substr(0, 160), digits,
                hex.size());
  }
  const auto hash = from_hex(hex);
  if (!hash) {
    return fail(ExitCode::format, "digest \"{}\" must be lower-case hex", text.substr(0, 160));
  }
  return *from_bytes(algorithm, *hash);
}

std::optional<Digest> Digest::from_bytes(HashAlgorithm algorithm, ByteView hash) {
  if (hash.size() != digest_size(algorithm)) {
    return std::nullopt;
  }
  Digest digest;
  digest.algorithm_ = algorithm;
  std::copy(hash.begin(), hash.end(), digest.hash_.begin());
  return digest;
}

Digest Digest::of(ByteView content, HashAlgorithm algorithm) {
  Hasher hasher(algorithm);
  hasher.update(content);
  return hasher.finish();
}

std::string Digest::hex() const { return to_hex(bytes()); }

std::string Digest::to_string() const { return std::string(hash_name(algorithm_)) + ":" + hex(); }

}  // namespace kubeferry::crypto

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include <kubeferry/base/result.hpp>

namespace kubeferry::packages {

/// What somebody signed, and where it came from.
struct Signed {
  std::string_view data;       ///< clear-signed: with its signature in it
  std::string_view signature;  ///< empty when `data` is clear-signed; OpenPGP, armored or not
  std::string_view what;       ///< a URL, for messages
};

/// OpenPGP signatures as apt checks them: by the machine's gpgv, or sqv. kubeferry knows no OpenPGP of its own.
class SignatureChecker {
public:
  /// Looks for the programs in `path` (as of the environment). unsupported_host error when neither is there.
  static Result<SignatureChecker> find(std::string_view path);

  /// Whether it can take a clear-signed message apart: gpgv can, sqv wants signature and data in two files.
  [[nodiscard]] bool reads_clear_signed() const noexcept { return kind_ == Kind::gpgv; }

  /// What was signed, and nothing else: of a clear-signed message, the text inside.
  ///
  /// Good is what at least one key of `keyring` (a file of OpenPGP keys, armored or not) signed with SHA-2, now neither
  /// expired nor revoked; signatures by other keys do not count; a bad one by a known key is fatal. signature error
  /// otherwise, naming what was signed, and whose keys are missing; io errors.
  Result<std::string> check(const Signed& message, const std::filesystem::path& keyring) const;

private:
  enum class Kind { gpgv, sqv };
  SignatureChecker(Kind kind, std::string program) : kind_(kind), program_(std::move(program)) {}
  Kind kind_;
  std::string program_;
};

/// OpenPGP data without its ASCII armor (RFC 4880 §6.2), several blocks after each other; data that has none as it is.
/// format error for armor that does not decode.
Result<std::string> without_armor(std::string_view data, std::string_view what);

}  // namespace kubeferry::packages

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include <kubeferry/base/result.hpp>

namespace kubeferry::crypto {

/// Text that must not outlive its use: wiped when it goes. Has no stream operator and no comparison, so that it does
/// not get printed or timed by accident.
class SecretText {
public:
  SecretText() = default;
  /// Takes the text over; the caller's own copies are the caller's business.
  explicit SecretText(std::string text) noexcept : text_(std::move(text)) {}
  SecretText(SecretText&& other) noexcept;
  SecretText& operator=(SecretText&& other) noexcept;
  SecretText(const SecretText&) = delete;
  SecretText& operator=(const SecretText&) = delete;
  ~SecretText();

  [[nodiscard]] std::string_view view() const noexcept { return text_; }
  [[nodiscard]] bool empty() const noexcept { return text_.empty(); }

private:
  void wipe() noexcept;
  std::string text_;
};

/// A secret from a file of at most 64 KiB that only its owner can read. auth error, with a hint, when group or others
/// may read or write it; usage when it does not exist; io when it cannot be read or is no regular file.
Result<SecretText> read_secret_file(const std::filesystem::path& path);

/// The first line of such a file, without the line end; auth error when that is empty.
Result<SecretText> read_passphrase_file(const std::filesystem::path& path);

}  // namespace kubeferry::crypto

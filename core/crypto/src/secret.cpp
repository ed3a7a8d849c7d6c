// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/crypto/secret.hpp>

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include <kubeferry/base/fd.hpp>

namespace kubeferry::crypto {
namespace {

constexpr std::size_t k_max_secret_bytes = 64 * 1024;

}  // namespace

SecretText::SecretText(SecretText&& other) noexcept : text_(std::move(other.text_)) { other.wipe(); }

SecretText& SecretText::operator=(SecretText&& other) noexcept {
  if (this != &other) {
    wipe();
    text_ = std::move(other.text_);
    other.wipe();  // a short string's move is a copy
  }
  return *this;
}

SecretText::~SecretText() { wipe(); }

void SecretText::wipe() noexcept {
  OPENSSL_cleanse(text_.data(), text_.size());
  text_.clear();
}

Result<SecretText> read_secret_file(const std::filesystem::path& path) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));  // a fifo must not hang us
  if (!file) {
    if (errno == ENOENT || errno == ENOTDIR) {
      return fail(ExitCode::usage, "{}: no such file", path.native());
    }
    return fail_errno(errno, path.native());
  }
  struct stat facts {};
  if (::fstat(file.get(), &facts) != 0) {
    return fail_errno(errno, path.native());
  }
  if (!S_ISREG(facts.st_mode)) {
    return fail(ExitCode::io, "{}: is no regular file", path.native());
  }
  if ((facts.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return Failure(
        Error{ExitCode::auth, path.native() + ": is a secret, but others than its owner may use it", {}, {}}.with_hint(
            "chmod 600 " + path.native()));
  }
  std::string text;
  text.resize(k_max_secret_bytes + 1);  // once, so that no smaller copy is left behind by growing
  std::size_t length = 0;
  while (length < text.size()) {
    const ssize_t count = ::read(file.get(), text.data() + length, text.size() - length);
    if (count < 0 && errno != EINTR) {
      return fail_errno(errno, path.native());
    }
    if (count == 0) {
      break;
    }
    length += count > 0 ? static_cast<std::size_t>(count) : 0;
  }
  if (length > k_max_secret_bytes) {
    OPENSSL_cleanse(text.data(), text.size());
    return fail(ExitCode::limit, "{}: larger than {} bytes, so it is no secret", path.native(), k_max_secret_bytes);
  }
  text.resize(length);
  return SecretText(std::move(text));
}

Result<SecretText> read_passphrase_file(const std::filesystem::path& path) {
  KF_TRY_ASSIGN(const SecretText content, read_secret_file(path));
  std::string_view line = content.view().substr(0, content.view().find('\n'));
  if (line.ends_with('\r')) {
    line.remove_suffix(1);
  }
  if (line.empty()) {
    return fail(ExitCode::auth, "{}: its first line should be the passphrase, but is empty", path.native());
  }
  return SecretText(std::string(line));
}

}  // namespace kubeferry::crypto

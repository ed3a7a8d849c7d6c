// SPDX-License-Identifier: Apache-2.0
#include "ossl.hpp"

#include <array>
#include <climits>

#include <openssl/err.h>

namespace kubeferry::crypto::ossl {

Bio view(ByteView bytes) {
  if (bytes.size() > INT_MAX) {
    return nullptr;
  }
  return Bio(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
}

Bio memory() { return Bio(BIO_new(BIO_s_secmem())); }

std::string content(BIO* memory) {
  char* text = nullptr;
  const long length = BIO_get_mem_data(memory, &text);
  return length > 0 ? std::string(text, static_cast<std::size_t>(length)) : std::string();
}

Failure failure(std::string_view what) {
  std::array<char, 256> reason{};
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) {
    return fail(ExitCode::bug, "{} failed", what);
  }
  ERR_error_string_n(code, reason.data(), reason.size());
  return fail(ExitCode::bug, "{}: {}", what, reason.data());
}

}  // namespace kubeferry::crypto::ossl

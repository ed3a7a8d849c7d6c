// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/crypto/random.hpp>

#include <openssl/rand.h>

#include "ossl.hpp"

namespace kubeferry::crypto {

Result<Bytes> random_bytes(std::size_t count) {
  Bytes bytes(count);
  if (RAND_bytes_ex(nullptr, ossl::data(MutableByteView(bytes)), count, 0) != 1) {
    return fail(ExitCode::unsupported_host, "the system gives no random numbers");
  }
  return bytes;
}

}  // namespace kubeferry::crypto

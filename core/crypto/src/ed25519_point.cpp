// SPDX-License-Identifier: Apache-2.0
#include "ed25519_point.hpp"

#include <algorithm>
#include <array>
#include <new>

#include "ossl.hpp"

namespace kubeferry::crypto {
namespace {

// Hexadecimal, big-endian: p = 2^255 - 19, the curve's d, and the y of every point whose order divides 8.
constexpr const char* k_prime = "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed";
constexpr const char* k_d = "52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3";
constexpr std::array k_small_order = {
    "0",
    "1",
    "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffec",
    "05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826",
    "7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7",
};

ossl::BigNumber number(const char* hex) {
  BIGNUM* value = nullptr;
  if (BN_hex2bn(&value, hex) == 0) {
    throw std::bad_alloc();
  }
  return ossl::BigNumber(value);
}

// x² = (y² - 1) / (d y² + 1) has a root exactly when numerator times denominator is a square.
bool on_curve(const BIGNUM* y, const BIGNUM* p) {
  const ossl::BigNumberContext context(BN_CTX_new());
  const ossl::BigNumber d = number(k_d);
  const ossl::BigNumber square(BN_new());
  const ossl::BigNumber numerator(BN_new());
  const ossl::BigNumber denominator(BN_new());
  if (BN_mod_sqr(square.get(), y, p, context.get()) != 1 ||
      BN_mod_sub(numerator.get(), square.get(), BN_value_one(), p, context.get()) != 1 ||
      BN_mod_mul(denominator.get(), d.get(), square.get(), p, context.get()) != 1 ||
      BN_mod_add(denominator.get(), denominator.get(), BN_value_one(), p, context.get()) != 1 ||
      BN_mod_mul(numerator.get(), numerator.get(), denominator.get(), p, context.get()) != 1) {
    throw std::bad_alloc();
  }
  return BN_kronecker(numerator.get(), p, context.get()) >= 0;
}

}  // namespace

const char* ed25519_point_fault(ByteView point) {
  std::array<std::byte, 32> bytes{};
  if (point.size() != bytes.size()) {
    return "is not in canonical form";
  }
  std::copy(point.begin(), point.end(), bytes.begin());
  bytes[31] &= std::byte{0x7f};  // the sign of x
  const ossl::BigNumber y(BN_lebin2bn(ossl::data(ByteView(bytes)), 32, nullptr));
  const ossl::BigNumber p = number(k_prime);
  if (BN_cmp(y.get(), p.get()) >= 0) {
    return "is not in canonical form";
  }
  for (const char* const low : k_small_order) {
    if (BN_cmp(y.get(), number(low).get()) == 0) {
      return "has small order: it would accept signatures on anything";
    }
  }
  return on_curve(y.get(), p.get()) ? nullptr : "is not on the curve";
}

}  // namespace kubeferry::crypto

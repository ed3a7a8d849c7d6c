// SPDX-License-Identifier: Apache-2.0
// make_sample_bundle OUT KEY [SEQUENCE]: the unit tests' sample, signed with KEY, for tests of the program itself.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "sample.hpp"

int main(int argc, char** argv) {
  using namespace kubeferry;
  if (argc < 3) {
    std::fputs("usage: make_sample_bundle OUT KEY [SEQUENCE]\n", stderr);
    return 2;
  }
  const auto key = crypto::read_private_key(argv[2]);
  if (!key) {
    std::fprintf(stderr, "%s\n", key.error().message.c_str());
    return 1;
  }
  const std::uint64_t sequence = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 7;
  bundle::testing_support::write_sample(argv[1], *key, sequence);
  return ::testing::Test::HasFailure() ? 1 : 0;
}

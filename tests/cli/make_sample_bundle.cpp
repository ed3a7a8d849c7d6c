// SPDX-License-Identifier: Apache-2.0
// make_sample_bundle OUT KEY [SEQUENCE [PLATFORM…]]: the unit tests' sample, signed with KEY, for tests of the program
// itself.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <span>

#include "sample.hpp"

int main(int argc, char** argv) {
  using namespace kubeferry;
  if (argc < 3) {
    std::fputs("usage: make_sample_bundle OUT KEY [SEQUENCE [PLATFORM…]]\n", stderr);
    return 2;
  }
  const auto key = crypto::read_private_key(argv[2]);
  if (!key) {
    std::fprintf(stderr, "%s\n", key.error().message.c_str());
    return 1;
  }
  const std::uint64_t sequence = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 7;
  const std::span arguments(argv, static_cast<std::size_t>(argc));
  bundle::testing_support::write_sample(argv[1], *key, sequence,
                                        arguments.subspan(std::min<std::size_t>(arguments.size(), 4)));
  return ::testing::Test::HasFailure() ? 1 : 0;
}

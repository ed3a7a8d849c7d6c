// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/crypto/sha256.hpp>

#include <algorithm>
#include <array>
#include <random>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <kubeferry/crypto/hash_queue.hpp>
#include <kubeferry/crypto/hasher.hpp>

#include "sha256_wide.hpp"

namespace kubeferry::crypto {
namespace {

using Random = std::mt19937;

Bytes random_bytes(Random& random, std::size_t count) {
  Bytes bytes(count);
  for (auto& byte : bytes) {
    byte = static_cast<std::byte>(random());
  }
  return bytes;
}

std::size_t below(Random& random, std::size_t end) {
  return std::uniform_int_distribution<std::size_t>(0, end - 1)(random);
}

TEST(Sha256, KnownAnswers) {  // FIPS 180-4's examples
  Sha256 hash;
  EXPECT_EQ(hash.finish().hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  hash.update(as_byte_view("abc"));
  EXPECT_EQ(hash.finish().hex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256, LanesAreOneOfThePossibleCounts) {
  const std::size_t lanes = sha256_lanes();
  EXPECT_TRUE(lanes == 1 || lanes == 8 || lanes == 16) << lanes;
}

// Every number of streams up to two batches and one, pieces of equal and of any lengths, against another
// implementation (EVP).
TEST(Sha256, TogetherIsTheSameAsAlone) {
  Random random(20261121);
  for (std::size_t count = 1; count <= 33; ++count) {
    for (const bool equal : {true, false}) {
      std::vector<Sha256> hashes(count);
      std::vector<Bytes> whole(count);
      for (int round = 0; round < 4; ++round) {
        const std::size_t length = below(random, 700);
        std::vector<Bytes> pieces;
        for (std::size_t n = 0; n < count; ++n) {
          pieces.push_back(random_bytes(random, equal ? length : below(random, 700)));
          whole[n].insert(whole[n].end(), pieces.back().begin(), pieces.back().end());
        }
        std::vector<Sha256*> streams;
        for (auto& hash : hashes) {
          streams.push_back(&hash);
        }
        const std::vector<ByteView> views(pieces.begin(), pieces.end());
        update_together(streams, views);
      }
      for (std::size_t n = 0; n < count; ++n) {
        ASSERT_EQ(hashes[n].finish(), Digest::of(whole[n])) << "stream " << n << " of " << count;
      }
    }
  }
}

TEST(Sha256, TogetherCountsPast512MiB) {
  // The length is kept in two words, of which the lower overflows at 2^32 bits: just then it is hashed together.
  const Bytes piece(std::size_t{8} << 20);
  Sha256 nearly;
  for (int round = 0; round < 63; ++round) {
    nearly.update(piece);
  }
  std::vector<Sha256> hashes(sha256_lanes(), nearly);
  std::vector<Sha256*> streams;
  for (auto& hash : hashes) {
    streams.push_back(&hash);
  }
  const std::vector<ByteView> views(hashes.size(), ByteView(piece));
  update_together(streams, views);
  update_together(streams, views);
  nearly.update(piece);
  nearly.update(piece);
  const Digest expected = nearly.finish();
  for (auto& hash : hashes) {
    ASSERT_EQ(hash.finish(), expected);
  }
}

#if defined(__x86_64__)
/// Each vector width this processor has, also the one that sha256_lanes() does not choose.
void expect_compresses(CompressLanes compress, std::size_t lanes) {
  constexpr std::array<std::uint32_t, 8> k_start = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                                    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::vector<std::array<std::uint32_t, 8>> states(lanes, k_start);
  std::vector<std::array<unsigned char, 64>> blocks(lanes);
  std::vector<std::uint32_t*> state_of;
  std::vector<const unsigned char*> data_of;
  for (std::size_t lane = 0; lane < lanes; ++lane) {
    blocks[lane].fill(0);  // "x" × lane, padded by hand (FIPS 180-4 § 5.1.1)
    std::fill_n(blocks[lane].begin(), lane, 'x');
    blocks[lane][lane] = 0x80;
    blocks[lane][63] = static_cast<unsigned char>(lane * 8);
    state_of.push_back(states[lane].data());
    data_of.push_back(blocks[lane].data());
  }
  compress(state_of.data(), data_of.data(), 1);
  for (std::size_t lane = 0; lane < lanes; ++lane) {
    std::string hex;
    for (const std::uint32_t word : states[lane]) {
      hex += fmt::format("{:08x}", word);
    }
    EXPECT_EQ(hex, Digest::of(as_byte_view(std::string(lane, 'x'))).hex()) << "lane " << lane << " of " << lanes;
  }
}

TEST(Sha256, EachVectorWidth) {
  if (__builtin_cpu_supports("avx2")) {
    expect_compresses(avx2::compress, 8);
  }
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")) {
    expect_compresses(avx512vl::compress, 8);
    expect_compresses(avx512::compress, 16);
  }
}
#endif

TEST(HashQueue, ManyThreadsEachGetTheirOwnDigest) {
  HashQueue queue;
  constexpr unsigned k_threads = 24;
  std::vector<int> wrong(k_threads, -1);
  {
    std::vector<std::jthread> team;
    for (unsigned n = 0; n < k_threads; ++n) {
      team.emplace_back([&, n] {
        const HashQueue::Member member(queue);
        Random random(n);
        wrong[n] = 0;
        Sha256 stream;
        for (int message = 0; message < 20; ++message) {
          Hasher reference;
          for (int piece = 0; piece < 5; ++piece) {
            const Bytes bytes = random_bytes(random, below(random, 20000));
            queue.update(stream, bytes);
            reference.update(bytes);
          }
          wrong[n] += stream.finish() == reference.finish() ? 0 : 1;
        }
      });
    }
  }
  EXPECT_EQ(wrong, std::vector<int>(k_threads, 0));
  EXPECT_EQ(queue.members(), 0U);
}

TEST(HashQueue, WhoIsAloneDoesNotWait) {
  HashQueue queue;
  Sha256 stream;
  queue.update(stream, as_byte_view("abc"));
  EXPECT_EQ(stream.finish(), Digest::of(as_byte_view("abc")));
}

}  // namespace
}  // namespace kubeferry::crypto

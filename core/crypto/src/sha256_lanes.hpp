// SPDX-License-Identifier: Apache-2.0
#pragma once
// The compression function of SHA-256 on several messages at once, a message in each element of a vector. Included by
// one file for each instruction set, which first tells the compiler to use it; nothing else may be included below that
// line, or its inline functions would be compiled for processors that lack the set.
#if !defined(KF_SHA256_LANES)
#error "define KF_SHA256_LANES, the number of messages"
#endif

namespace kubeferry::crypto::KF_SHA256_NAMESPACE {

using Words = std::uint32_t __attribute__((vector_size(4 * KF_SHA256_LANES)));

inline Words rotated(Words x, int n) { return (x >> n) | (x << (32 - n)); }

/// Runs `blocks` blocks of 64 bytes at each of `data` into the eight words of each of `states`.
void compress(std::uint32_t* const* states, const unsigned char* const* data, std::size_t blocks) {
  constexpr std::size_t k_lanes = KF_SHA256_LANES;
  Words state[8];
  for (std::size_t n = 0; n < 8; ++n) {
    for (std::size_t lane = 0; lane < k_lanes; ++lane) {
      state[n][lane] = states[lane][n];
    }
  }
  for (std::size_t block = 0; block < blocks; ++block) {
    alignas(64) std::uint32_t transposed[16][k_lanes];
    for (std::size_t lane = 0; lane < k_lanes; ++lane) {
      const unsigned char* const from = data[lane] + 64 * block;
      for (std::size_t n = 0; n < 16; ++n) {
        std::uint32_t word = 0;
        __builtin_memcpy(&word, from + 4 * n, sizeof word);
        transposed[n][lane] = __builtin_bswap32(word);
      }
    }
    Words w[16];
    __builtin_memcpy(w, transposed, sizeof w);
    Words a = state[0], b = state[1], c = state[2], d = state[3];
    Words e = state[4], f = state[5], g = state[6], h = state[7];
#pragma GCC unroll 64
    for (std::size_t n = 0; n < 64; ++n) {
      if (n >= 16) {
        const Words x = w[(n - 15) % 16];
        const Words y = w[(n - 2) % 16];
        w[n % 16] += (rotated(x, 7) ^ rotated(x, 18) ^ (x >> 3)) + w[(n - 7) % 16] +
                     (rotated(y, 17) ^ rotated(y, 19) ^ (y >> 10));
      }
      const Words t1 =
          h + (rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)) + (g ^ (e & (f ^ g))) + k_sha256_rounds[n] + w[n % 16];
      const Words t2 = (rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)) + ((a & b) | (c & (a | b)));
      h = g;
      g = f;
      f = e;
      e = d + t1;
      d = c;
      c = b;
      b = a;
      a = t1 + t2;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
    state[5] += f;
    state[6] += g;
    state[7] += h;
  }
  for (std::size_t n = 0; n < 8; ++n) {
    for (std::size_t lane = 0; lane < k_lanes; ++lane) {
      states[lane][n] = state[n][lane];
    }
  }
}

}  // namespace kubeferry::crypto::KF_SHA256_NAMESPACE

// SPDX-License-Identifier: Apache-2.0
// The functions below SHA256_Init are called deprecated because they bypass OpenSSL's providers. They are used all the
// same: a stream's eight words must be in reach, so that a vector can carry them, and EVP hides them.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <kubeferry/crypto/sha256.hpp>

#include <algorithm>
#include <new>
#include <vector>

#include <openssl/sha.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include "sha256_wide.hpp"

namespace kubeferry::crypto {

const std::uint32_t k_sha256_rounds[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

namespace {

constexpr std::size_t k_most_lanes = 16;

static_assert(sizeof(SHA256_CTX) <= 112 && alignof(SHA256_CTX) <= alignof(std::uint64_t));

/// A way to hash several messages at once, and from how many on it beats one after another: an unused lane costs as
/// much as a used one.
struct Kernel {
  CompressLanes compress = nullptr;
  std::size_t lanes = 1;
  std::size_t least = 1;
};

/// Widest first; empty where OpenSSL's one stream is fastest.
std::vector<Kernel> choose_kernels() {
#if defined(__x86_64__)
  unsigned eax = 0;
  unsigned ebx = 0;
  unsigned ecx = 0;
  unsigned edx = 0;
  constexpr unsigned k_sha_extensions = 1U << 29U;
  const bool has_sha = __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) != 0 && (ebx & k_sha_extensions) != 0;
  if (has_sha) {
    return {};
  }
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")) {
    return {{avx512::compress, 16, 9}, {avx512vl::compress, 8, 2}};
  }
  if (__builtin_cpu_supports("avx2")) {
    return {{avx2::compress, 8, 3}};
  }
#endif
  return {};
}

const std::vector<Kernel>& kernels() {
  static const std::vector<Kernel> chosen = choose_kernels();
  return chosen;
}

/// The kernel for `count` messages; null pointer when they are better hashed one by one.
const Kernel* kernel_for(std::size_t count) {
  for (const Kernel& kernel : kernels()) {
    if (count >= kernel.least) {
      return &kernel;
    }
  }
  return nullptr;
}

/// A group of at most as many streams as there are lanes.
class Group {
public:
  void add(SHA256_CTX& context, const unsigned char* data, std::size_t size) noexcept {
    // To the start of a block, where the stream's words are all there is to it.
    if (context.num != 0) {
      const std::size_t count = std::min<std::size_t>(size, SHA256_CBLOCK - context.num);
      SHA256_Update(&context, data, count);
      data += count;
      size -= count;
    }
    contexts_[count_] = &context;
    data_[count_] = data;
    sizes_[count_] = size;
    ++count_;
  }

  void run() noexcept {
    for (;;) {
      const std::size_t blocks = *std::min_element(sizes_.begin(), sizes_.begin() + count_) / SHA256_CBLOCK;
      const Kernel* const kernel = kernel_for(count_);
      if (blocks == 0 || kernel == nullptr) {
        break;
      }
      compress(*kernel, blocks);
      remove_short();
      if (count_ == 0) {
        return;
      }
    }
    for (std::size_t n = 0; n < count_; ++n) {
      SHA256_Update(contexts_[n], data_[n], sizes_[n]);
    }
  }

private:
  void compress(const Kernel& kernel, std::size_t blocks) noexcept {
    std::array<std::array<std::uint32_t, 8>, k_most_lanes> spare{};
    std::array<std::uint32_t*, k_most_lanes> states{};
    std::array<const unsigned char*, k_most_lanes> data{};
    for (std::size_t lane = 0; lane < kernel.lanes; ++lane) {
      states[lane] = lane < count_ ? contexts_[lane]->h : spare[lane].data();
      data[lane] = data_[lane < count_ ? lane : 0];
    }
    kernel.compress(states.data(), data.data(), blocks);
    for (std::size_t n = 0; n < count_; ++n) {
      SHA256_CTX& context = *contexts_[n];
      const std::uint64_t bits = ((std::uint64_t{context.Nh} << 32U) | context.Nl) + std::uint64_t{blocks} * 512;
      context.Nl = static_cast<std::uint32_t>(bits);
      context.Nh = static_cast<std::uint32_t>(bits >> 32U);
      data_[n] += blocks * SHA256_CBLOCK;
      sizes_[n] -= blocks * SHA256_CBLOCK;
    }
  }

  /// Ends what has less than a block left, so that the others go on together.
  void remove_short() noexcept {
    std::size_t kept = 0;
    for (std::size_t n = 0; n < count_; ++n) {
      if (sizes_[n] < SHA256_CBLOCK) {
        SHA256_Update(contexts_[n], data_[n], sizes_[n]);
        continue;
      }
      contexts_[kept] = contexts_[n];
      data_[kept] = data_[n];
      sizes_[kept] = sizes_[n];
      ++kept;
    }
    count_ = kept;
  }

  std::array<SHA256_CTX*, k_most_lanes> contexts_{};
  std::array<const unsigned char*, k_most_lanes> data_{};
  std::array<std::size_t, k_most_lanes> sizes_{};
  std::size_t count_ = 0;
};

SHA256_CTX& context_of(std::array<std::byte, 112>& storage) noexcept {
  return *std::launder(static_cast<SHA256_CTX*>(static_cast<void*>(storage.data())));
}

const unsigned char* bytes_of(ByteView bytes) noexcept { return reinterpret_cast<const unsigned char*>(bytes.data()); }

}  // namespace

void Sha256::reset() noexcept { SHA256_Init(new (context_.data()) SHA256_CTX); }

void Sha256::update(ByteView bytes) noexcept { SHA256_Update(&context_of(context_), bytes.data(), bytes.size()); }

Digest Sha256::finish() noexcept {
  std::array<std::byte, SHA256_DIGEST_LENGTH> hash{};
  SHA256_Final(reinterpret_cast<unsigned char*>(hash.data()), &context_of(context_));
  reset();
  return *Digest::from_bytes(HashAlgorithm::sha256, hash);
}

std::size_t sha256_lanes() noexcept { return kernels().empty() ? 1 : kernels().front().lanes; }

void update_together(std::span<Sha256* const> streams, std::span<const ByteView> pieces) noexcept {
  const std::size_t lanes = sha256_lanes();
  if (lanes == 1) {
    for (std::size_t n = 0; n < streams.size(); ++n) {
      streams[n]->update(pieces[n]);
    }
    return;
  }
  for (std::size_t first = 0; first < streams.size(); first += lanes) {
    Group group;
    for (std::size_t n = first; n < std::min(first + lanes, streams.size()); ++n) {
      group.add(context_of(streams[n]->context_), bytes_of(pieces[n]), pieces[n].size());
    }
    group.run();
  }
}

}  // namespace kubeferry::crypto

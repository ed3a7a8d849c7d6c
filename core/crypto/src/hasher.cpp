// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/crypto/hasher.hpp>

#include <algorithm>
#include <new>
#include <utility>

#include "ossl.hpp"

namespace kubeferry::crypto {
namespace {

// EVP_sha256() looks its implementation up again at every init, behind a lock; a fetched one is the implementation.
const EVP_MD* implementation(HashAlgorithm algorithm) {
  static const EVP_MD* const k_sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  static const EVP_MD* const k_sha512 = EVP_MD_fetch(nullptr, "SHA512", nullptr);
  return algorithm == HashAlgorithm::sha256 ? k_sha256 : k_sha512;
}

EVP_MD_CTX* as_context(void* context) noexcept { return static_cast<EVP_MD_CTX*>(context); }

// With a fetched implementation and a live context the only failure left is memory.
void require(int outcome) {
  if (outcome != 1) {
    throw std::bad_alloc();
  }
}

}  // namespace

void Hasher::Deleter::operator()(void* context) const noexcept { EVP_MD_CTX_free(as_context(context)); }

Hasher::Hasher(HashAlgorithm algorithm) : algorithm_(algorithm), context_(EVP_MD_CTX_new()) {
  require(context_ != nullptr ? 1 : 0);
  require(EVP_DigestInit_ex2(as_context(context_.get()), implementation(algorithm), nullptr));
}
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;
Hasher::~Hasher() = default;

void Hasher::update(ByteView bytes) {
  require(EVP_DigestUpdate(as_context(context_.get()), bytes.data(), bytes.size()));
}

Digest Hasher::finish() {
  std::array<std::byte, EVP_MAX_MD_SIZE> hash{};
  require(EVP_DigestFinal_ex(as_context(context_.get()), ossl::data(MutableByteView(hash)), nullptr));
  reset();
  return *Digest::from_bytes(algorithm_, ByteView(hash).first(digest_size(algorithm_)));
}

void Hasher::reset() { require(EVP_DigestInit_ex2(as_context(context_.get()), nullptr, nullptr)); }

HashingSink::HashingSink(Sink* inner, HashAlgorithm algorithm) : hasher_(algorithm), inner_(inner) {}

Status HashingSink::write(ByteView bytes) {
  hasher_.update(bytes);
  size_ += bytes.size();
  return inner_ == nullptr ? Status() : inner_->write(bytes);
}

VerifyingSource::VerifyingSource(std::unique_ptr<Source> inner, const Digest& digest, std::uint64_t size,
                                 std::string what)
    : VerifyingSource(*inner, digest, size, std::move(what)) {
  owned_ = std::move(inner);
}

VerifyingSource::VerifyingSource(Source& inner, const Digest& digest, std::uint64_t size, std::string what)
    : inner_(&inner), hasher_(digest.algorithm()), expected_(digest), size_(size), what_(std::move(what)) {}

Result<std::size_t> VerifyingSource::read(MutableByteView buffer) {
  if (state_ == State::done) {
    return 0;
  }
  if (state_ == State::failed) {
    return fail(ExitCode::integrity, "{}: read on after it failed", what_);
  }
  state_ = State::failed;  // until this read turns out well
  return advance(buffer);
}

Result<std::size_t> VerifyingSource::advance(MutableByteView buffer) {
  std::size_t count = 0;
  if (taken_ < size_) {
    const auto most = std::min<std::uint64_t>(buffer.size(), size_ - taken_);
    KF_TRY_ASSIGN(count, inner_->read(buffer.first(static_cast<std::size_t>(most))));
    if (count == 0) {
      return fail(ExitCode::integrity, "{}: ends after {} of {} bytes", what_, taken_, size_);
    }
    hasher_.update(buffer.first(count));
    taken_ += count;
  }
  if (taken_ < size_) {
    state_ = State::reading;
    return count;
  }
  KF_TRY(check_end());
  state_ = State::done;
  return count;
}

Status VerifyingSource::check_end() {
  std::array<std::byte, 1> extra{};
  KF_TRY_ASSIGN(const std::size_t count, inner_->read(extra));
  if (count != 0) {
    return fail(ExitCode::integrity, "{}: is longer than {} bytes", what_, size_);
  }
  if (const Digest actual = hasher_.finish(); actual != expected_) {
    return fail(ExitCode::integrity, "{}: content is {}, expected {}", what_, actual.to_string(),
                expected_.to_string());
  }
  return {};
}

Status check_content(ByteView content, const Digest& digest, std::uint64_t size, std::string_view what) {
  if (content.size() != size) {
    return fail(ExitCode::integrity, "{}: has {} bytes, expected {}", what, content.size(), size);
  }
  if (const Digest actual = Digest::of(content, digest.algorithm()); actual != digest) {
    return fail(ExitCode::integrity, "{}: content is {}, expected {}", what, actual.to_string(), digest.to_string());
  }
  return {};
}

}  // namespace kubeferry::crypto

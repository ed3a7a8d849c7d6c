// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <kubeferry/base/stream.hpp>
#include <kubeferry/crypto/digest.hpp>

namespace kubeferry::crypto {

/// Hashes a stream, piece by piece. Reuse one: a new one costs an allocation, a reset nearly nothing.
/// Throws std::bad_alloc when OpenSSL has no memory; nothing else can go wrong.
class Hasher {
public:
  explicit Hasher(HashAlgorithm algorithm = HashAlgorithm::sha256);
  Hasher(Hasher&&) noexcept;
  Hasher& operator=(Hasher&&) noexcept;
  Hasher(const Hasher&) = delete;
  Hasher& operator=(const Hasher&) = delete;
  ~Hasher();

  void update(ByteView bytes);
  /// The digest of everything since the start or the last reset; leaves the hasher reset.
  [[nodiscard]] Digest finish();
  /// Forgets what was hashed so far.
  void reset();
  [[nodiscard]] HashAlgorithm algorithm() const noexcept { return algorithm_; }

private:
  struct Deleter {
    void operator()(void* context) const noexcept;
  };
  HashAlgorithm algorithm_;
  std::unique_ptr<void, Deleter> context_;  // an EVP_MD_CTX
};

/// Hashes and counts what is written to it, and passes it on to `inner` when there is one.
class HashingSink final : public Sink {
public:
  /// `inner` may be null; it is not owned.
  explicit HashingSink(Sink* inner = nullptr, HashAlgorithm algorithm = HashAlgorithm::sha256);

  Status write(ByteView bytes) override;
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }  ///< bytes taken so far
  /// The digest of what was written; call once, at the end.
  [[nodiscard]] Digest finish() { return hasher_.finish(); }

private:
  Hasher hasher_;
  Sink* inner_;
  std::uint64_t size_ = 0;
};

/// Passes on exactly the content it was promised, or fails.
///
/// The read that would hand out the last byte first makes sure that nothing follows and that the digest is right; on
/// any difference it is an integrity error naming `what`, and so is every later read. At most size + 1 bytes are ever
/// taken from the inner source, however long it is.
class VerifyingSource final : public Source {
public:
  /// Owns `inner`.
  VerifyingSource(std::unique_ptr<Source> inner, const Digest& digest, std::uint64_t size, std::string what);
  /// Does not own `inner`, which must outlive this.
  VerifyingSource(Source& inner, const Digest& digest, std::uint64_t size, std::string what);

  Result<std::size_t> read(MutableByteView buffer) override;

private:
  enum class State { reading, done, failed };
  Result<std::size_t> advance(MutableByteView buffer);
  Status check_end();

  std::unique_ptr<Source> owned_;
  Source* inner_;
  Hasher hasher_;
  Digest expected_;
  std::uint64_t size_;
  std::uint64_t taken_ = 0;
  std::string what_;
  State state_ = State::reading;
};

/// An integrity error when `content` is not `digest` and `size` bytes long. `what` names it.
Status check_content(ByteView content, const Digest& digest, std::uint64_t size, std::string_view what);

}  // namespace kubeferry::crypto

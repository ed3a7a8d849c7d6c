// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/bundle/payload.hpp>

#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "range_hashes.hpp"

namespace kubeferry::bundle {

namespace {

constexpr std::size_t k_cached_chunks = 8;

/// File systems whose bytes some other program or machine makes up: they can answer differently each time.
bool on_foreign_file_system(int fd) {
  struct statfs info {};
  if (::fstatfs(fd, &info) != 0) {
    return true;
  }
  constexpr std::array<std::uint64_t, 6> k_foreign = {0x65735546 /*FUSE*/, 0x6969 /*NFS*/,    0xff534d42 /*CIFS*/,
                                                      0xfe534d42 /*SMB2*/, 0x01021997 /*9P*/, 0x5346414f /*AFS*/};
  const auto type = static_cast<std::uint64_t>(info.f_type) & 0xffffffffU;
  return std::find(k_foreign.begin(), k_foreign.end(), type) != k_foreign.end();
}

bool only_ours(const struct stat& info) {
  return (info.st_uid == 0 || info.st_uid == ::geteuid()) && (info.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

bool same_time(const timespec& a, const timespec& b) { return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec; }

}  // namespace

VerifiedPayload::VerifiedPayload(std::shared_ptr<const FileRandomSource> file, std::uint64_t offset,
                                 std::uint64_t length, std::uint64_t chunk_size, std::vector<crypto::Digest> chunks,
                                 Reread reread)
    : file_(std::move(file)),
      offset_(offset),
      length_(length),
      chunk_size_(chunk_size),
      chunks_(std::move(chunks)),
      seen_(chunks_.size()) {
  trusting_ = reread == Reread::trust_unchanged && ::fstat(file_->fd(), &opened_) == 0 && only_ours(opened_) &&
              !on_foreign_file_system(file_->fd());
}

std::uint64_t VerifiedPayload::chunk_bytes(std::size_t index) const {
  return std::min(chunk_size_, length_ - index * chunk_size_);
}

Failure VerifiedPayload::damaged(std::size_t index) const {
  const std::uint64_t at = offset_ + index * chunk_size_;
  Error error{ExitCode::integrity,
              fmt::format("{}: chunk {} of {} (bytes {} to {} of the file) is damaged", file_->name(), index,
                          chunks_.size(), at, at + chunk_bytes(index) - 1),
              "copy the bundle again from its source and verify the copy",
              {}};
  return Failure(
      std::move(error).with_detail("chunk", std::to_string(index)).with_detail("offset", std::to_string(at)));
}

bool VerifiedPayload::unchanged() const {
  struct stat now {};
  return ::fstat(file_->fd(), &now) == 0 && now.st_size == opened_.st_size && same_time(now.st_mtim, opened_.st_mtim) &&
         same_time(now.st_ctim, opened_.st_ctim);
}

Result<std::optional<std::size_t>> VerifiedPayload::find_damaged(std::size_t first, std::size_t count) const {
  std::vector<ByteRange> ranges;
  for (std::size_t index = first; index < first + count; ++index) {
    ranges.push_back({offset_ + index * chunk_size_, chunk_bytes(index)});
  }
  const auto read = [this](std::uint64_t at, MutableByteView buffer) { return file_->read_at(at, buffer); };
  KF_TRY_ASSIGN(const auto digests, hash_ranges(read, ranges));
  const auto wrong =
      std::mismatch(digests.begin(), digests.end(), chunks_.begin() + static_cast<std::ptrdiff_t>(first));
  return wrong.first == digests.end() ? std::nullopt
                                      : std::optional(first + static_cast<std::size_t>(wrong.first - digests.begin()));
}

VerifiedPayload::Chunk VerifiedPayload::cached(std::size_t index) const {
  const std::lock_guard lock(mutex_);
  const auto found =
      std::find_if(cache_.begin(), cache_.end(), [&](const auto& entry) { return entry.first == index; });
  if (found == cache_.end()) {
    return nullptr;
  }
  cache_.splice(cache_.begin(), cache_, found);
  return found->second;
}

void VerifiedPayload::remember(std::size_t index, Chunk chunk) const {
  const std::lock_guard lock(mutex_);
  cache_.emplace_front(index, std::move(chunk));
  // A bulk reader copies a chunk out piece by piece: it must find it there until it is done.
  while (cache_.size() > k_cached_chunks + hashes_.members()) {
    cache_.pop_back();
  }
}

Result<VerifiedPayload::Chunk> VerifiedPayload::load(std::size_t index) const {
  if (Chunk chunk = cached(index)) {
    return chunk;
  }
  const auto size = static_cast<std::size_t>(chunk_bytes(index));
  const auto memory = std::make_shared_for_overwrite<std::byte[]>(size);
  const MutableByteView bytes(memory.get(), size);
  KF_TRY(file_->read_at(offset_ + index * chunk_size_, bytes));
  crypto::Sha256 hash;
  hashes_.update(hash, bytes);
  if (hash.finish() != chunks_[index]) {
    return damaged(index);
  }
  seen_[index].store(true, std::memory_order_release);
  remember(index, memory);
  return Chunk(memory);
}

Status VerifiedPayload::read_at(std::uint64_t offset, MutableByteView buffer) const {
  if (offset > length_ || buffer.size() > length_ - offset) {
    return fail(ExitCode::format, "{}: read past the end of the payload", file_->name());
  }
  while (!buffer.empty()) {
    const auto index = static_cast<std::size_t>(offset / chunk_size_);
    const std::uint64_t inside = offset % chunk_size_;
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), chunk_bytes(index) - inside));
    if (trusting_ && seen_[index].load(std::memory_order_acquire) && unchanged()) {
      KF_TRY(file_->read_at(offset_ + offset, buffer.first(count)));
    } else {
      KF_TRY_ASSIGN(const Chunk chunk, load(index));
      std::copy_n(chunk.get() + inside, count, buffer.begin());
    }
    buffer = buffer.subspan(count);
    offset += count;
  }
  return {};
}

Result<bool> VerifiedPayload::verified_in_place(std::uint64_t offset, std::uint64_t length) const {
  if (!trusting_ || length == 0 || offset > length_ || length > length_ - offset) {
    return false;
  }
  const auto last = static_cast<std::size_t>((offset + length - 1) / chunk_size_);
  for (auto index = static_cast<std::size_t>(offset / chunk_size_); index <= last; ++index) {
    if (!seen_[index].load(std::memory_order_acquire)) {
      KF_TRY_ASSIGN(const auto wrong, find_damaged(index, 1));
      if (wrong) {
        return damaged(*wrong);
      }
      seen_[index].store(true, std::memory_order_release);
    }
  }
  return unchanged();
}

}  // namespace kubeferry::bundle

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstring>
#include <map>
#include <set>
#include <utility>

#include <kubeferry/base/fd.hpp>
#include <kubeferry/registry_server/content.hpp>

namespace kubeferry::registry_server {

inline constexpr std::string_view k_manifest_type = "application/vnd.oci.image.manifest.v1+json";

/// A blob in memory that can be told to fail from an offset on.
class MemoryBlob final : public BlobReader {
public:
  explicit MemoryBlob(std::string bytes, std::uint64_t bad_from = UINT64_MAX)
      : bytes_(std::move(bytes)), bad_from_(bad_from) {}
  [[nodiscard]] std::uint64_t size() const override { return bytes_.size(); }
  Status read_at(std::uint64_t offset, MutableByteView buffer) const override {
    if (offset + buffer.size() > bad_from_) {
      return fail(ExitCode::integrity, "chunk is bad");
    }
    std::memcpy(buffer.data(), bytes_.data() + offset, buffer.size());
    return {};
  }

private:
  std::string bytes_;
  std::uint64_t bad_from_;
};

/// A blob in a file, which may be sent with sendfile(2): `offset` bytes of other things come first.
class FileBlob final : public BlobReader {
public:
  FileBlob(Fd fd, std::uint64_t offset, std::uint64_t size) : fd_(std::move(fd)), offset_(offset), size_(size) {}
  [[nodiscard]] std::uint64_t size() const override { return size_; }
  Status read_at(std::uint64_t offset, MutableByteView buffer) const override {
    return read_exactly_at(fd_.get(), offset_ + offset, buffer, "blob");
  }
  /// In spans of 100,000 bytes, and nothing for every third one, so that both ways alternate.
  [[nodiscard]] std::optional<FileSpan> span_at(std::uint64_t offset) const override {
    constexpr std::uint64_t k_span = 100000;
    if (offset / k_span % 3 == 2) {
      return std::nullopt;
    }
    return FileSpan{fd_.get(), offset_ + offset, std::min(size_ - offset, k_span - offset % k_span)};
  }

private:
  Fd fd_;
  std::uint64_t offset_;
  std::uint64_t size_;
};

/// Repositories, tags and blobs in maps.
class MemoryContent final : public Content {
public:
  crypto::Digest add_manifest(const std::string& repository, const std::string& tag, std::string bytes) {
    const crypto::Digest digest = crypto::Digest::of(as_byte_view(bytes));
    entries_[repository].insert(digest);
    if (!tag.empty()) {
      tags_[repository][tag] = digest;
    }
    manifests_[digest] = std::move(bytes);
    return digest;
  }
  crypto::Digest add_blob(const std::string& bytes) {
    const crypto::Digest digest = crypto::Digest::of(as_byte_view(bytes));
    blobs_[digest] = std::make_shared<MemoryBlob>(bytes);
    return digest;
  }
  void add_blob(const crypto::Digest& digest, std::shared_ptr<const BlobReader> blob) {
    blobs_[digest] = std::move(blob);
  }
  void add_referrer(const crypto::Digest& subject, Referrer referrer) {
    referrers_[subject].push_back(std::move(referrer));
  }
  void lose_manifest(const crypto::Digest& digest) { manifests_.erase(digest); }

  [[nodiscard]] std::vector<std::string> repositories() const override {
    std::vector<std::string> out;
    for (const auto& [name, entries] : entries_) {
      out.push_back(name);
    }
    return out;
  }
  [[nodiscard]] std::optional<std::vector<std::string>> tags(const RepositoryName& name) const override {
    if (!entries_.contains(key(name))) {
      return std::nullopt;
    }
    std::vector<std::string> out;
    if (const auto found = tags_.find(key(name)); found != tags_.end()) {
      for (const auto& [tag, digest] : found->second) {
        out.insert(out.begin(), tag);  // not in order, as the contract allows
      }
    }
    return out;
  }
  [[nodiscard]] std::optional<ManifestEntry> resolve_tag(const RepositoryName& name,
                                                         std::string_view tag) const override {
    const auto repository = tags_.find(key(name));
    if (repository == tags_.end()) {
      return std::nullopt;
    }
    const auto found = repository->second.find(std::string(tag));
    return found == repository->second.end() ? std::nullopt : resolve_digest(name, found->second);
  }
  [[nodiscard]] std::optional<ManifestEntry> resolve_digest(const RepositoryName& name,
                                                            const crypto::Digest& digest) const override {
    const auto repository = entries_.find(key(name));
    if (repository == entries_.end() || !repository->second.contains(digest)) {
      return std::nullopt;
    }
    const auto bytes = manifests_.find(digest);
    return ManifestEntry{digest, std::string(k_manifest_type), bytes == manifests_.end() ? 0 : bytes->second.size()};
  }
  Result<std::string> manifest_bytes(const ManifestEntry& manifest) const override {
    const auto found = manifests_.find(manifest.digest);
    if (found == manifests_.end()) {
      return fail(ExitCode::io, "lost");
    }
    return found->second;
  }
  Result<std::shared_ptr<const BlobReader>> open_blob(const RepositoryName& name,
                                                      const crypto::Digest& digest) const override {
    const auto found = blobs_.find(digest);
    return found == blobs_.end() || !entries_.contains(key(name)) ? nullptr : found->second;
  }
  [[nodiscard]] std::vector<Referrer> referrers(const RepositoryName&, const crypto::Digest& digest) const override {
    const auto found = referrers_.find(digest);
    return found == referrers_.end() ? std::vector<Referrer>{} : found->second;
  }
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> summary() const override {
    return {{"bundle", "<script>alert('x')</script>"}};
  }

private:
  /// As a bundle does it: with ?ns= the host is part of what is looked up.
  static std::string key(const RepositoryName& name) {
    return name.host.empty() ? std::string(name.path) : std::string(name.host) + "/" + std::string(name.path);
  }

  std::map<std::string, std::set<crypto::Digest>> entries_;
  std::map<std::string, std::map<std::string, crypto::Digest>> tags_;
  std::map<crypto::Digest, std::string> manifests_;
  std::map<crypto::Digest, std::shared_ptr<const BlobReader>> blobs_;
  std::map<crypto::Digest, std::vector<Referrer>> referrers_;
};

/// Bytes that repeat late enough for a misplaced piece to show.
inline std::string patterned(std::size_t size) {
  std::string out(size, '\0');
  std::uint64_t state = 88172645463325252ULL;
  for (char& c : out) {
    state ^= state << 13U;
    state ^= state >> 7U;
    state ^= state << 17U;
    c = static_cast<char>(state & 0xffU);
  }
  return out;
}

}  // namespace kubeferry::registry_server

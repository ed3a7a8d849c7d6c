// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <kubeferry/bundle/writer.hpp>
#include <kubeferry/crypto/key.hpp>
#include <kubeferry/crypto/keyset.hpp>

namespace kubeferry::bundle::testing_support {

/// A folder that goes with the test.
class Folder {
public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
  std::filesystem::path path_;
};

/// Deterministic bytes that do not compress to nothing.
const Bytes& content(std::size_t size, unsigned seed);

/// A small bundle's plan: one image with two platforms, raw layers around the sizes that matter, two compressed files.
struct Sample {
  WritePlan plan;
  std::vector<Bytes> contents;  ///< of every row
};
Sample make_sample(std::uint64_t sequence = 7);

/// Writes every row that is not complete, and the bundle.
Result<crypto::Digest> write_all_rows(Writer& writer, const Sample& sample, const crypto::PrivateKey& key);

/// make_sample() written to `path`; also for `platforms`, of which it has nothing.
void write_sample(const std::filesystem::path& path, const crypto::PrivateKey& key, std::uint64_t sequence = 7,
                  std::span<char* const> platforms = {});

std::string file_text(const std::filesystem::path& path);
void write_text(const std::filesystem::path& path, const std::string& text);

}  // namespace kubeferry::bundle::testing_support

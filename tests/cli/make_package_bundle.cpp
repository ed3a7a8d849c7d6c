// SPDX-License-Identifier: Apache-2.0
// make_package_bundle OUT KEY {NAME FORMAT PLATFORM ID VERSION INSTALL[,…] FOLDER}…: a bundle of nothing but package
// repositories, each the files of a folder, for tests of `kubeferry packages`.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <set>
#include <span>

#include <kubeferry/archive/raw_frame.hpp>
#include <kubeferry/bundle/encoding.hpp>
#include <kubeferry/bundle/front.hpp>
#include <kubeferry/bundle/writer.hpp>
#include <kubeferry/crypto/dsse.hpp>
#include <kubeferry/crypto/key.hpp>
#include <kubeferry/oci/layout.hpp>

namespace {

using namespace kubeferry;
namespace fs = std::filesystem;

constexpr std::size_t k_words = 7;

struct Contents {
  bundle::WritePlan plan;
  std::vector<std::string> bytes;  ///< of every row
  std::set<crypto::Digest> held;
};

std::string text_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

crypto::Digest add(Contents& contents, std::string bytes, std::string name = {}) {
  bundle::BlobRow row;
  row.digest = crypto::Digest::of(as_byte_view(bytes));
  row.size = bytes.size();
  row.stored = bytes.empty() ? 0 : archive::raw_stored_bytes(row.size);
  row.encoding = bundle::k_raw;
  row.name = std::move(name);
  const crypto::Digest digest = row.digest;
  if (!row.name.empty() || contents.held.insert(digest).second) {
    contents.plan.rows.push_back(std::move(row));
    contents.bytes.push_back(std::move(bytes));
  }
  return digest;
}

bundle::PackageRepository repository_of(Contents& contents, std::span<char*> words) {
  bundle::PackageRepository out{.name = words[0],
                                .format = words[1],
                                .platform = words[2],
                                .distribution = words[3],
                                .distribution_version = words[4]};
  for (const auto name : split(words[5], ',')) {
    out.install.emplace_back(name);
  }
  const fs::path folder = words[6];
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) {
      out.files.push_back({entry.path().lexically_relative(folder).native(), {}, "a test"});
    }
  }
  std::ranges::sort(out.files, {}, &bundle::PackageFile::path);
  for (auto& file : out.files) {
    file.digest = add(contents, text_of(folder / file.path));
  }
  return out;
}

Contents contents_of(std::span<char*> words) {
  Contents contents;
  add(contents, std::string(oci::k_layout_text), std::string(oci::k_layout_file));
  add(contents, oci::index_json({}), std::string(oci::k_index_file));
  bundle::Manifest& manifest = contents.plan.manifest;
  for (; words.size() >= k_words; words = words.subspan(k_words)) {
    manifest.packages.push_back(repository_of(contents, words));
    if (std::ranges::find(manifest.platforms, words[2]) == manifest.platforms.end()) {
      manifest.platforms.emplace_back(words[2]);
    }
  }
  manifest.name = manifest.stream = "packages";
  manifest.version = "1";
  manifest.sequence = 7;
  manifest.created = *parse_rfc3339("2026-11-21T00:00:00Z");
  manifest.minimum_tool = std::string(bundle::k_packages_since);
  contents.plan.fixed = contents.plan.rows.size();
  return contents;
}

Status write_bundle(const fs::path& out, const crypto::PrivateKey& key, const Contents& contents) {
  KF_TRY_ASSIGN(const auto writer, bundle::Writer::open(out, contents.plan));
  for (std::size_t n = 0; n < contents.bytes.size(); ++n) {
    KF_TRY_ASSIGN(const auto slot, writer->raw(n));
    KF_TRY(slot->write(as_byte_view(contents.bytes[n])));
    KF_TRY(slot->finish());
  }
  KF_TRY(writer->finish(
      [&](std::string_view manifest) -> Result<std::string> {
        crypto::Envelope envelope{std::string(bundle::k_payload_type), {}};
        KF_TRY(crypto::add_signature(envelope, key, as_byte_view(manifest)));
        return envelope.to_text();
      },
      2, {}));
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3 || (static_cast<std::size_t>(argc) - 3) % k_words != 0) {
    std::fputs("usage: make_package_bundle OUT KEY {NAME FORMAT PLATFORM ID VERSION INSTALL[,…] FOLDER}…\n", stderr);
    return 2;
  }
  const auto written = [&]() -> Status {
    KF_TRY_ASSIGN(const crypto::PrivateKey key, crypto::read_private_key(argv[2]));
    const std::span words(argv + 3, static_cast<std::size_t>(argc) - 3);
    return write_bundle(argv[1], key, contents_of(words));
  }();
  if (!written) {
    std::fprintf(stderr, "make_package_bundle: %s\n", written.error().message.c_str());
    return 1;
  }
  return 0;
}

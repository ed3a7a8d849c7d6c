// SPDX-License-Identifier: Apache-2.0
#include "package_indexes.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include <kubeferry/archive/decompress.hpp>
#include <kubeferry/crypto/hasher.hpp>
#include <kubeferry/packages/repository.hpp>

namespace kubeferry::builder {

namespace {

constexpr std::uint64_t k_largest_signed = std::uint64_t{16} << 20;
constexpr std::uint64_t k_largest_listed = std::uint64_t{256} << 20;
constexpr std::uint64_t k_largest_index = std::uint64_t{1} << 30;

std::string proof_of(const catalog::PackageSource& source) {
  return source.unsigned_         ? "UNSIGNED"
         : !source.sha256.empty() ? "sha256 " + source.sha256
                                  : "keyring " + std::filesystem::path(source.keyring).filename().string();
}

/// "main/binary-arm64/Packages.xz" → "main/binary-arm64/by-hash/SHA256/…".
std::string by_hash_path(const packages::ListedFile& file) {
  const auto slash = file.path.rfind('/');
  return fmt::format("{}by-hash/SHA256/{}", slash == std::string::npos ? "" : file.path.substr(0, slash + 1),
                     file.digest.hex());
}

}  // namespace

Result<std::string> find_keyring(const std::string& keyring, const std::string& from) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  if (keyring.find('/') != std::string::npos) {
    return fs::exists(keyring, ignored) ? Result<std::string>(keyring)
                                        : fail(ExitCode::usage, "{}: there is no such keyring", keyring);
  }
  std::vector<fs::path> folders = {"/usr/share/keyrings", "/etc/apt/keyrings", "/etc/apt/trusted.gpg.d",
                                   "/etc/pki/rpm-gpg", "/usr/lib/rpm/gnupg/keys"};
  for (fs::directory_iterator entry("/usr/share/distribution-gpg-keys", ignored), end; entry != end;
       entry.increment(ignored)) {
    folders.push_back(entry->path());
  }
  for (const fs::path& folder : folders) {
    if (fs::exists(folder / keyring, ignored)) {
      return (folder / keyring).string();
    }
  }
  Failure failure =
      fail(ExitCode::usage, "the keyring {} is not in /usr/share/keyrings or another usual folder", keyring);
  failure.value().hint = from.empty() ? "write keyring: with a path"
                                      : fmt::format("install {}, or write keyring: with a path in the spec", from);
  return failure;
}

Result<const packages::SignatureChecker*> IndexReader::checker() {
  if (!checker_) {
    const char* path = std::getenv("PATH");
    KF_TRY_ASSIGN(checker_, packages::SignatureChecker::find(path == nullptr ? "/usr/bin:/bin" : path));
  }
  return &*checker_;
}

/// InRelease where it can be taken apart, else Release with Release.gpg, as apt does.
Result<std::string> IndexReader::signed_release(const catalog::PackageNeed& need, const catalog::PackageSource& source,
                                                const std::string& folder) {
  if (source.unsigned_) {
    KF_TRY_ASSIGN(const Bytes bytes, upstream_->read(folder + "/Release", k_largest_signed));
    return std::string(as_text(bytes));
  }
  KF_TRY_ASSIGN(const std::string keyring, find_keyring(source.keyring, need.keyring_from));
  KF_TRY_ASSIGN(const auto* check, checker());
  if (check->reads_clear_signed()) {
    const std::string url = folder + "/InRelease";
    auto message = upstream_->read(url, k_largest_signed);
    if (message) {
      return check->check({as_text(*message), {}, url}, keyring);
    }
    if (message.error().code != ExitCode::network) {
      return propagate(std::move(message));
    }
  }
  const std::string url = folder + "/Release";
  KF_TRY_ASSIGN(const Bytes data, upstream_->read(url, k_largest_signed));
  KF_TRY_ASSIGN(const Bytes signature, upstream_->read(url + ".gpg", k_largest_signed));
  return check->check({as_text(data), as_text(signature), url}, keyring);
}

Result<const IndexReader::Suite*> IndexReader::suite(const catalog::PackageNeed& need,
                                                     const catalog::PackageSource& source, const std::string& folder) {
  if (const auto known = suites_.find(folder); known != suites_.end()) {
    return &known->second;
  }
  Suite suite;
  KF_TRY_ASSIGN(const std::string text, signed_release(need, source, folder));
  KF_TRY_ASSIGN(suite.release, packages::parse_release(text, folder + "/Release"));
  suite.proof = proof_of(source);
  return &suites_.emplace(folder, std::move(suite)).first->second;
}

Result<FetchedIndex> IndexReader::fetch(const std::string& folder, const packages::ListedFile& file, bool by_hash) {
  FetchedIndex index;
  index.locked.url = fmt::format("{}/{}", folder, file.path);
  index.locked.digest = file.digest;
  if (file.size > k_largest_listed) {
    return fail(ExitCode::limit, "{}: has {} bytes, more than the {} allowed", index.locked.url, file.size,
                k_largest_listed);
  }
  if (file.size == 0) {
    return index;  // mirrors need not have what is empty
  }
  // Under its hash it is the right one even while the mirror is being updated; not every mirror has it there.
  Result<Bytes> bytes = fail(ExitCode::network, "not asked yet");
  if (by_hash) {
    bytes = upstream_->read(fmt::format("{}/{}", folder, by_hash_path(file)), file.size);
  }
  if (!bytes) {
    bytes = upstream_->read(index.locked.url, file.size);
  }
  if (!bytes) {
    return propagate(std::move(bytes));
  }
  Status right = crypto::check_content(*bytes, file.digest, file.size, index.locked.url);
  if (!right) {
    return Failure(std::move(right.error())
                       .with_hint("the mirror is being updated, or is not what was signed: try again, or use another"));
  }
  MemorySource source(*bytes);
  KF_TRY_ASSIGN(index.text, archive::decompress(source, k_largest_index, index.locked.url));
  return index;
}

Status IndexReader::read_deb(const catalog::PackageNeed& need, const catalog::PackageSource& source,
                             FetchedIndexes& out) {
  for (const std::string& name : source.suites) {
    const bool flat = name.ends_with('/');
    std::string folder = flat ? fmt::format("{}/{}", source.url, name == "./" || name == "/" ? "" : name)
                              : fmt::format("{}/dists/{}", source.url, name);
    folder.erase(folder.find_last_not_of('/') + 1);
    KF_TRY_ASSIGN(const Suite* suite, this->suite(need, source, folder));
    if (!flat) {
      KF_TRY(packages::check_release(
          suite->release, name, source.check_valid_until ? std::optional(now_) : std::nullopt, folder + "/Release"));
    }
    const std::vector<std::string> components = flat ? std::vector<std::string>{""} : source.components;
    bool any = false;
    for (const std::string& component : components) {
      const std::string path = flat ? "Packages" : fmt::format("{}/binary-{}/Packages", component, need.architecture);
      const packages::ListedFile* file = packages::find_index(suite->release, path);
      if (file == nullptr) {
        continue;
      }
      any = true;
      KF_TRY_ASSIGN(FetchedIndex index, fetch(folder, *file, suite->release.by_hash));
      index.locked.proof = suite->proof;
      index.root = source.url;
      out.indexes.push_back(std::move(index));
    }
    if (!any) {
      out.without.push_back(folder);
    }
  }
  return {};
}

Status IndexReader::read_rpm(const catalog::PackageNeed& need, const catalog::PackageSource& source,
                             FetchedIndexes& out) {
  const std::string url = source.url + "/repodata/repomd.xml";
  KF_TRY_ASSIGN(const Bytes bytes, upstream_->read(url, k_largest_signed));
  if (!source.keyring.empty()) {
    KF_TRY_ASSIGN(const std::string keyring, find_keyring(source.keyring, need.keyring_from));
    KF_TRY_ASSIGN(const auto* check, checker());
    auto signature = upstream_->read(url + ".asc", k_largest_signed);
    if (!signature) {
      return Failure(std::move(signature.error())
                         .with_hint("is it signed at all? Otherwise say sha256 (of repomd.xml), or unsigned: true"));
    }
    KF_TRY(check->check({as_text(bytes), as_text(*signature), url}, keyring));
  } else if (!source.sha256.empty() && crypto::Digest::of(bytes).hex() != source.sha256) {
    return Failure(Error{
        ExitCode::integrity,
        fmt::format("{}: is sha256:{}, and the spec says {}", url, crypto::Digest::of(bytes).hex(), source.sha256),
        "the distribution has published something since: look at it, and write the new sha256",
        {}});
  }
  KF_TRY_ASSIGN(const packages::ListedFile primary, packages::parse_repomd(as_text(bytes), url));
  KF_TRY_ASSIGN(FetchedIndex index, fetch(source.url, primary, false));
  index.locked.proof = proof_of(source);
  index.root = source.url;
  out.indexes.push_back(std::move(index));
  return {};
}

Result<FetchedIndexes> IndexReader::read(const catalog::PackageNeed& need) {
  FetchedIndexes out;
  for (const catalog::PackageSource& source : need.sources) {
    KF_TRY(need.format == catalog::PackageFormat::deb ? read_deb(need, source, out) : read_rpm(need, source, out));
  }
  return out;
}

}  // namespace kubeferry::builder

// SPDX-License-Identifier: Apache-2.0
#include "resolve_downloads.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include <kubeferry/archive/tarball.hpp>
#include <kubeferry/base/fd.hpp>
#include <kubeferry/base/process.hpp>
#include <kubeferry/crypto/hasher.hpp>

#include "pipe.hpp"

namespace kubeferry::builder {

namespace {

constexpr std::uint64_t k_largest_checksum = std::uint64_t{64} * 1024;
constexpr std::uint64_t k_largest_download = std::uint64_t{4} << 30;
constexpr std::uint64_t k_largest_cni_manifest = std::uint64_t{8} << 20;

std::string_view file_name_of(std::string_view url) { return url.substr(url.rfind('/') + 1); }

/// Hashes what passes; nothing else is kept.
class DigestSink final : public net::RestartableSink {
public:
  Status write(ByteView bytes) override {
    hasher_.update(bytes);
    size_ += bytes.size();
    return {};
  }
  Status restart() override {
    hasher_.reset();
    size_ = 0;
    return {};
  }
  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] crypto::Digest finish() { return hasher_.finish(); }

private:
  crypto::Hasher hasher_;
  std::uint64_t size_ = 0;
};

Result<std::optional<crypto::Digest>> published_digest(const catalog::DownloadNeed& need, Upstream& upstream) {
  if (need.checksum.style == catalog::ChecksumStyle::none) {
    return std::optional<crypto::Digest>();
  }
  KF_TRY_ASSIGN(const Bytes bytes, upstream.read(need.checksum.url, k_largest_checksum));
  KF_TRY_ASSIGN(crypto::Digest digest,
                parse_checksum(as_text(bytes), need.checksum.style, file_name_of(need.url), need.checksum.url));
  return std::optional(digest);
}

Status check_published(const LockedDownload& download, const std::optional<crypto::Digest>& published) {
  if (published && *published != download.digest) {
    return Failure(
        Error{ExitCode::integrity,
              fmt::format("{}: is {}, and its published checksum is {}", download.url, download.digest.to_string(),
                          published->to_string()),
              "the download or its checksum is damaged or not what upstream released: try again, and ask upstream",
              {}});
  }
  return {};
}

/// Takes an archive apart on its way past: only names and digests of the members that are wanted remain.
Status lock_archive(const catalog::DownloadNeed& need, Upstream& upstream, LockedDownload& download) {
  KF_TRY_ASSIGN(const auto transfer, Pipe::start([&](net::RestartableSink& sink) {
                  return upstream.download(need.url, std::nullopt, k_largest_download, sink);
                }));
  crypto::Hasher whole;
  class Tee final : public Source {
  public:
    Tee(Source& inner, crypto::Hasher& hasher, std::uint64_t& size) : inner_(&inner), hasher_(&hasher), size_(&size) {}
    Result<std::size_t> read(MutableByteView buffer) override {
      KF_TRY_ASSIGN(const std::size_t count, inner_->read(buffer));
      hasher_->update(buffer.first(count));
      *size_ += count;
      return count;
    }

  private:
    Source* inner_;
    crypto::Hasher* hasher_;
    std::uint64_t* size_;
  } tee(*transfer, whole, download.size);
  KF_TRY(archive::read_tarball(tee, need.url, {}, [&](const archive::TarballMember& member, Source& content) -> Status {
    const auto where = catalog::destination(need, member.name);
    if (!where) {
      return {};
    }
    crypto::HashingSink hashed;
    KF_TRY(copy_all(content, hashed));
    LockedFile file;
    file.member = member.name;
    file.size = hashed.size();
    file.digest = hashed.finish();
    file.platforms = {need.platform};
    file.path = where->path;
    file.mode = where->mode;
    download.files.push_back(std::move(file));
    return {};
  }));
  // What follows the last member (padding, a signature) belongs to the archive's checksum too.
  Bytes rest(std::size_t{64} * 1024);
  for (;;) {
    KF_TRY_ASSIGN(const std::size_t count, tee.read(rest));
    if (count == 0) {
      break;
    }
  }
  download.digest = whole.finish();
  if (download.files.empty()) {
    return fail(ExitCode::format, "{}: holds none of the files that are wanted from it", need.url);
  }
  return {};
}

Status lock_whole(const std::string& url, Upstream& upstream, LockedDownload& download) {
  DigestSink sink;
  KF_TRY(upstream.download(url, std::nullopt, k_largest_download, sink));
  download.size = sink.size();
  download.digest = sink.finish();
  return {};
}

}  // namespace

Result<crypto::Digest> parse_checksum(std::string_view text, catalog::ChecksumStyle style, std::string_view file_name,
                                      std::string_view what) {
  for (const auto line : split(text, '\n')) {
    const std::string_view trimmed = trim(line);
    const auto space = trimmed.find_first_of(" \t");
    const std::string_view hash = trimmed.substr(0, space);
    std::string_view name = space == std::string_view::npos ? std::string_view() : trim(trimmed.substr(space));
    // "*" marks a file read as binary (sha256sum -b); "./" is how some releases list theirs.
    name.remove_prefix(name.starts_with('*') ? 1 : 0);
    name.remove_prefix(name.starts_with("./") ? 2 : 0);
    auto digest = crypto::Digest::parse("sha256:" + lower(hash));
    if (!digest) {
      continue;
    }
    if (style == catalog::ChecksumStyle::bare ? name.empty() || name == file_name : name == file_name) {
      return std::move(*digest);
    }
  }
  return fail(ExitCode::format, "{}: has no SHA-256 for {}", what, file_name);
}

Result<LockedDownload> resolve_download(const catalog::DownloadNeed& need, Upstream& upstream, Collected& collected) {
  LockedDownload download;
  download.url = need.url;
  download.kind = catalog::to_string(need.kind);
  download.name = need.name;
  KF_TRY_ASSIGN(const auto published, published_digest(need, upstream));
  if (need.kind == catalog::ArtifactKind::archive) {
    KF_TRY(lock_archive(need, upstream, download));
  } else if (need.kind == catalog::ArtifactKind::manifest) {
    KF_TRY_ASSIGN(Bytes bytes, upstream.read(need.url, k_largest_cni_manifest));
    download.size = bytes.size();
    download.digest = crypto::Digest::of(bytes);
    collected.document(download.digest, std::move(bytes));
  } else {
    // With a published checksum only the size is missing, which costs no transfer.
    const auto size = published ? upstream.size(need.url) : std::optional<std::uint64_t>();
    KF_TRY(size);
    if (*size) {
      download.size = **size;
      download.digest = *published;
    } else {
      KF_TRY(lock_whole(need.url, upstream, download));
    }
    download.files.push_back({"", download.digest, download.size, {need.platform}, need.path, need.mode});
  }
  KF_TRY(check_published(download, published));
  return download;
}

Result<LockedDownload> resolve_file(const catalog::FileSpec& file, const std::vector<std::string>& platforms,
                                    Upstream& upstream) {
  LockedDownload download;
  download.url = file.url;
  download.source = file.source;
  download.kind = "binary";
  download.name = file.component;
  std::optional<crypto::Digest> stated;
  if (!file.sha256.empty()) {
    KF_TRY_ASSIGN(stated, crypto::Digest::parse("sha256:" + file.sha256));
  }
  if (!file.source.empty()) {
    KF_TRY_ASSIGN(const FileRandomSource local, FileRandomSource::open(file.source));
    FdSource source(local.fd(), file.source);
    crypto::HashingSink hashed;
    KF_TRY(copy_all(source, hashed));
    download.size = hashed.size();
    download.digest = hashed.finish();
  } else {
    const auto size = stated ? upstream.size(file.url) : std::optional<std::uint64_t>();
    KF_TRY(size);
    if (*size) {
      download.size = **size;
      download.digest = *stated;
    } else {
      KF_TRY(lock_whole(file.url, upstream, download));
    }
  }
  if (stated && *stated != download.digest) {
    return fail(ExitCode::integrity, "{}: is {}, and the spec says {}", file.url.empty() ? file.source : file.url,
                download.digest.to_string(), stated->to_string());
  }
  download.files.push_back(
      {"", download.digest, download.size, file.platforms.empty() ? platforms : file.platforms, file.path, file.mode});
  return download;
}

namespace {

/// A file that goes away with its owner.
struct TemporaryProgram {
  std::string path;
  ~TemporaryProgram() { ::unlink(path.c_str()); }
};

class FileSink final : public net::RestartableSink {
public:
  FileSink(int fd, std::string name) : fd_(fd), name_(std::move(name)) {}
  Status write(ByteView bytes) override {
    hasher_.update(bytes);
    return write_all(fd_, bytes, name_);
  }
  Status restart() override {
    hasher_.reset();
    if (::ftruncate(fd_, 0) != 0 || ::lseek(fd_, 0, SEEK_SET) != 0) {
      return fail_errno(errno, name_);
    }
    return {};
  }
  [[nodiscard]] crypto::Digest finish() { return hasher_.finish(); }

private:
  int fd_;
  std::string name_;
  crypto::Hasher hasher_;
};

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  for (const auto line : split(text, '\n')) {
    if (!trim(line).empty()) {
      lines.emplace_back(trim(line));
    }
  }
  return lines;
}

}  // namespace

Status compare_with_kubeadm(const catalog::DownloadNeed& kubeadm, const catalog::KubernetesSpec& spec,
                            const std::vector<catalog::ImageNeed>& expected, Upstream& upstream, std::string& why_not) {
  const char* folder = std::getenv("TMPDIR");
  TemporaryProgram program{std::string(folder == nullptr ? "/tmp" : folder) + "/kubeferry-kubeadm-XXXXXX"};
  {
    const Fd fd(::mkostemp(program.path.data(), O_CLOEXEC));
    if (!fd) {
      return fail_errno(errno, program.path);
    }
    FileSink sink(fd.get(), program.path);
    KF_TRY_ASSIGN(const auto published, published_digest(kubeadm, upstream));
    KF_TRY(upstream.download(kubeadm.url, std::nullopt, k_largest_download, sink));
    // It is about to be run: not a byte of it before its checksum holds.
    if (!published || sink.finish() != *published) {
      return fail(ExitCode::integrity, "{}: is not what its published checksum says", kubeadm.url);
    }
    if (::fchmod(fd.get(), 0700) != 0) {
      return fail_errno(errno, program.path);
    }
  }
  Command command{.argv = {program.path, "config", "images", "list", "--kubernetes-version", spec.version.to_string()},
                  .environment = {{"PATH", "/usr/bin:/bin"}, {"HOME", "/nonexistent"}},
                  .inherit_environment = false};
  if (!spec.image_repository.empty()) {
    command.argv.insert(command.argv.end(), {"--image-repository", spec.image_repository});
  }
  const auto output = run(command);
  if (!output) {
    why_not = output.error().message;
    return {};
  }
  const auto printed = lines_of(output->out);
  if (output->exit_status != 0 || printed.empty()) {
    const auto errors = lines_of(output->err);
    why_not =
        fmt::format("it ended with status {}{}", output->exit_status, errors.empty() ? "" : ": " + errors.front());
    return {};
  }
  std::vector<std::string> known;
  for (const auto& need : expected) {
    known.push_back(need.reference);
  }
  // Which images, not in which order: that is kubeadm's own affair and changes between releases.
  if (!std::ranges::is_permutation(printed, known)) {
    return Failure(Error{ExitCode::integrity,
                         fmt::format("kubeadm {} wants [{}], and the catalog has [{}]", spec.version.to_string(),
                                     fmt::join(printed, " "), fmt::join(known, " ")),
                         "the catalog is wrong: correct it (--catalog DIR) before you travel, and tell us",
                         {}});
  }
  return {};
}

}  // namespace kubeferry::builder

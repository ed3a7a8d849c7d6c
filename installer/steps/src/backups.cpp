// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/crypto/digest.hpp>
#include <kubeferry/crypto/hasher.hpp>
#include <kubeferry/steps/step.hpp>

#include "new_file.hpp"
#include "place.hpp"

namespace kubeferry::steps {

namespace {

constexpr std::uint64_t k_largest_text = std::uint64_t{256} << 20;

std::string backup_path(std::string_view name) { return fmt::format("{}/backups/{}", k_state_directory, name); }

/// Owns the descriptor that it reads.
class OpenFile final : public Source {
public:
  OpenFile(Fd fd, std::string what) : fd_(std::move(fd)), source_(fd_.get(), std::move(what)) {}
  Result<std::size_t> read(MutableByteView buffer) override { return source_.read(buffer); }

private:
  Fd fd_;
  FdSource source_;
};

}  // namespace

Result<std::string> Backups::keep(std::string_view content) {
  MemorySource source(as_byte_view(content));
  return keep(source);
}

Result<std::string> Backups::keep(Source& content) {
  KF_TRY(make_directory(host_, std::string(k_state_directory), 0700));
  KF_TRY_ASSIGN(Fd directory, make_directory(host_, fmt::format("{}/backups", k_state_directory), 0700));
  // Named by its content, which is known when all of it has passed.
  Place place{backup_path("incoming"), std::move(directory), "incoming"};
  KF_TRY_ASSIGN(NewFile file, NewFile::create(place));
  crypto::HashingSink sink(&file);
  KF_TRY(copy_all(content, sink));
  const crypto::Digest digest = sink.finish();
  KF_TRY(file.publish_as(digest.hex(), root_owned(0600)));
  return digest.to_string();
}

Result<std::unique_ptr<Source>> Backups::open(std::string_view name) const {
  KF_TRY_ASSIGN(const crypto::Digest digest, crypto::Digest::parse(name));
  const std::string path = backup_path(digest.hex());
  KF_TRY_ASSIGN(const auto place, find_place(host_, path));
  if (!place) {
    return fail(ExitCode::io, "{}: the backup is missing", path);
  }
  KF_TRY_ASSIGN(Fd fd, open_regular(*place));
  KF_TRY_ASSIGN(const std::uint64_t size, file_size(fd.get(), path));
  return std::make_unique<crypto::VerifyingSource>(std::make_unique<OpenFile>(std::move(fd), path), digest, size, path);
}

Result<std::string> Backups::content(std::string_view name) const {
  KF_TRY_ASSIGN(const auto source, open(name));
  KF_TRY_ASSIGN(const Bytes bytes, read_all(*source, k_largest_text, name));
  return std::string(as_text(bytes));
}

}  // namespace kubeferry::steps

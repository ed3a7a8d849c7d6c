// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>
#include <time.h>

#include <optional>
#include <string_view>

#include <kubeferry/base/fd.hpp>
#include <kubeferry/base/stream.hpp>
#include <kubeferry/crypto/digest.hpp>

#include "place.hpp"

namespace kubeferry::steps {

/// What a file has besides its content.
struct Attributes {
  mode_t mode = 0;  ///< permission bits
  uid_t uid = 0;
  gid_t gid = 0;
  std::optional<timespec> modified = {};
};
/// Root's; in a test without root, the user's.
[[nodiscard]] Attributes root_owned(mode_t mode);
[[nodiscard]] Attributes attributes_of(const struct stat& info);

/// A file that gets its name when it is complete and durable. Replaces what had the name before, also a link or a
/// running program. Without publish() nothing is left, but when we are killed: see remove_leftover().
class NewFile final : public Sink {
public:
  /// `place` must outlive it.
  static Result<NewFile> create(const Place& place);
  NewFile(NewFile&& other) noexcept : place_(std::exchange(other.place_, nullptr)), fd_(std::move(other.fd_)) {}
  NewFile& operator=(NewFile&&) = delete;
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;
  ~NewFile() override;

  Status write(ByteView bytes) override { return write_all(fd_.get(), bytes, place_->path); }
  Status publish(const Attributes& attributes);
  /// Under another name in the same directory.
  Status publish_as(const std::string& name, const Attributes& attributes);

private:
  NewFile(const Place* place, Fd fd) : place_(place), fd_(std::move(fd)) {}
  const Place* place_;
  Fd fd_;
};

Status write_new_file(const Place& place, std::string_view text, const Attributes& attributes);
/// A symbolic link in the same manner.
Status write_new_link(const Place& place, const std::string& target, const Attributes& attributes);

/// The regular file at `place`, for reading; io error when it is anything else.
Result<Fd> open_regular(const Place& place);
Result<crypto::Digest> digest_of(const Place& place, crypto::HashAlgorithm algorithm);

}  // namespace kubeferry::steps

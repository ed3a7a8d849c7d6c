// SPDX-License-Identifier: Apache-2.0
#include <optional>

#include <kubeferry/base/text.hpp>
#include <kubeferry/crypto/hasher.hpp>
#include <kubeferry/steps/basic_steps.hpp>

#include "diff.hpp"
#include "file_prior.hpp"
#include "kinds.hpp"
#include "labels.hpp"
#include "new_file.hpp"
#include "place.hpp"

namespace kubeferry::steps {

namespace {

class FileStep final : public Step {
public:
  FileStep(std::string path, Content content, std::uint32_t mode, std::optional<std::string> shown)
      : path_(std::move(path)), content_(std::move(content)), mode_(mode), shown_(std::move(shown)) {}

  [[nodiscard]] std::string_view kind() const noexcept override { return k_file; }
  [[nodiscard]] std::string target() const override { return path_; }
  [[nodiscard]] std::string summary() const override { return fmt::format("write {}", path_); }
  [[nodiscard]] std::string mark() const override { return content_.digest.to_string(); }

  Result<bool> satisfied(const host::Host& host) const override {
    KF_TRY_ASSIGN(const auto place, find_place(host, path_));
    if (!place || has_leftover(*place)) {
      return false;
    }
    KF_TRY_ASSIGN(const Seen seen, look(*place));
    const Attributes wanted = root_owned(mode_);
    const Attributes is = attributes_of(seen.info);
    if (is.mode != wanted.mode || is.uid != wanted.uid || is.gid != wanted.gid) {
      return false;
    }
    return has_content(*place, seen);
  }

  Result<Json> capture(const host::Host& host, Backups& backups) const override {
    KF_TRY_ASSIGN(const FilePrior prior, capture_prior(host, path_, backups));
    return to_json(prior);
  }

  Status apply(const host::Host& host) const override {
    KF_TRY_ASSIGN(const Way way, way_to(host, parent_of(path_)));
    KF_TRY_ASSIGN(const Place place, make_place(host, path_));
    KF_TRY_ASSIGN(auto opened, content_.open());
    crypto::VerifyingSource source(std::move(opened), content_.digest, content_.size, path_);
    KF_TRY_ASSIGN(NewFile file, NewFile::create(place));
    KF_TRY(copy_all(source, file));
    KF_TRY(file.publish(root_owned(mode_)));
    std::vector<std::string> labelled = way.missing;
    labelled.push_back(path_);
    relabel(host, labelled);
    return {};
  }

  Result<Preview> preview(const host::Host& host) const override {
    const std::string what = fmt::format("{} ({:04o}, {})", path_, mode_, human_bytes(content_.size));
    KF_TRY_ASSIGN(const auto place, find_place(host, path_));
    Seen seen;
    if (place) {
      KF_TRY_ASSIGN(seen, look(*place));
    }
    if (seen.what == Seen::What::nothing) {
      return Preview{.action = "create",
                     .summary = fmt::format("create {}", what),
                     .diff = shown_ ? unified_diff("", *shown_, "/dev/null", path_) : "",
                     .argv = {}};
    }
    if (seen.what == Seen::What::link) {
      return Preview{.action = "replace",
                     .summary = fmt::format("replace {}, a symbolic link to {}", what, printable(seen.link)),
                     .diff = {},
                     .argv = {}};
    }
    KF_TRY_ASSIGN(const bool same, has_content(*place, seen));
    if (same) {
      const Attributes is = attributes_of(seen.info);
      return Preview{.action = "replace",
                     .summary = fmt::format("replace {}: same content, was {:04o} of user {}, group {}", what, is.mode,
                                            is.uid, is.gid),
                     .diff = {},
                     .argv = {}};
    }
    return Preview{.action = "replace",
                   .summary = fmt::format("replace {}", what),
                   .diff = shown_ ? diff_to_shown(host) : "",
                   .argv = {}};
  }

private:
  Result<bool> has_content(const Place& place, const Seen& seen) const {
    if (seen.what != Seen::What::file || static_cast<std::uint64_t>(seen.info.st_size) != content_.size) {
      return false;
    }
    KF_TRY_ASSIGN(const crypto::Digest digest, digest_of(place, content_.digest.algorithm()));
    return digest == content_.digest;
  }

  [[nodiscard]] std::string diff_to_shown(const host::Host& host) const {
    const auto text = host.text(path_);
    return text ? unified_diff(*text, *shown_, path_, path_) : "";
  }

  std::string path_;
  Content content_;
  std::uint32_t mode_;
  std::optional<std::string> shown_;  // what a preview may show
};

class SharedText final : public Source {
public:
  explicit SharedText(std::shared_ptr<const std::string> text)
      : text_(std::move(text)), source_(as_byte_view(*text_)) {}
  Result<std::size_t> read(MutableByteView buffer) override { return source_.read(buffer); }

private:
  std::shared_ptr<const std::string> text_;
  MemorySource source_;
};

}  // namespace

std::unique_ptr<const Step> text_file(std::string path, std::string text, std::uint32_t mode, Secret secret) {
  const auto shared = std::make_shared<const std::string>(std::move(text));
  Content content{
      .digest = crypto::Digest::of(as_byte_view(*shared)),
      .size = shared->size(),
      .open = [shared]() -> Result<std::unique_ptr<Source>> { return std::make_unique<SharedText>(shared); }};
  return std::make_unique<FileStep>(std::move(path), std::move(content), mode,
                                    secret == Secret::no ? std::optional(*shared) : std::nullopt);
}

std::unique_ptr<const Step> content_file(std::string path, Content content, std::uint32_t mode) {
  return std::make_unique<FileStep>(std::move(path), std::move(content), mode, std::nullopt);
}

}  // namespace kubeferry::steps

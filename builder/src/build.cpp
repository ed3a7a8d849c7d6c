// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/builder/build.hpp>

#include <algorithm>
#include <filesystem>
#include <future>
#include <numeric>

#include <kubeferry/archive/tarball.hpp>
#include <kubeferry/base/fd.hpp>
#include <kubeferry/base/workers.hpp>
#include <kubeferry/bundle/front.hpp>
#include <kubeferry/crypto/dsse.hpp>
#include <kubeferry/crypto/hasher.hpp>
#include <kubeferry/oci/manifest.hpp>
#include <kubeferry/platforms/platform.hpp>

#include "pipe.hpp"

namespace kubeferry::builder {

namespace {

/// Counts bytes once, however often a transfer starts over.
class Counter {
public:
  explicit Counter(Progress* progress) : progress_(progress) {}
  void reached(std::uint64_t position) {
    if (progress_ != nullptr && position > counted_) {
      progress_->add(position - counted_);
    }
    counted_ = std::max(counted_, position);
  }

private:
  Progress* progress_;
  std::uint64_t counted_ = 0;
};

/// A bundle's slot as the sink of a transfer.
class SlotSink final : public net::RestartableSink {
public:
  SlotSink(bundle::RawSlot& slot, Progress* progress) : slot_(&slot), counter_(progress) {
    counter_.reached(slot.received());
  }
  Status write(ByteView bytes) override {
    KF_TRY(slot_->write(bytes));
    counter_.reached(slot_->received());
    return {};
  }
  Status restart() override { return slot_->restart(); }

private:
  bundle::RawSlot* slot_;
  Counter counter_;
};

/// Source that counts, and whose first bytes are looked at: an executable must be one of its platform, so none is right
/// for several.
class CheckedSource final : public Source {
public:
  CheckedSource(Source& inner, std::vector<std::string> platforms, std::string what, Progress* progress)
      : inner_(&inner), platforms_(std::move(platforms)), what_(std::move(what)), progress_(progress) {}

  Result<std::size_t> read(MutableByteView buffer) override {
    KF_TRY_ASSIGN(const std::size_t count, inner_->read(buffer));
    if (progress_ != nullptr) {
      progress_->add(count);
    }
    if (!checked_) {
      const ByteView taken = ByteView(buffer).first(count);
      head_.insert(head_.end(), taken.begin(),
                   taken.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(count, 64)));
      if (head_.size() >= 64 || count == 0) {
        checked_ = true;
        KF_TRY(check());
      }
    }
    return count;
  }

  /// Whether reading ended with what check() says.
  [[nodiscard]] bool foreign() const noexcept { return foreign_; }

private:
  Status check() {
    for (const std::string& name : platforms_) {
      KF_TRY_ASSIGN(const auto* platform, platforms::find(name));
      Status fits = platforms::check_executable(head_, *platform, what_);
      if (!fits) {
        foreign_ = true;
        return Failure(
            std::move(fits.error())
                .with_hint("`platforms:` beside a file in the spec says which it is for; each needs one of its own"));
      }
    }
    return {};
  }

  Source* inner_;
  std::vector<std::string> platforms_;
  std::string what_;
  Progress* progress_;
  Bytes head_;
  bool checked_ = false;
  bool foreign_ = false;
};

class Build {
public:
  Build(bundle::Writer& writer, const BuildPlan& plan, const Lock& lock, Upstream& upstream,
        const FetchOptions& options)
      : writer_(writer), plan_(plan), lock_(lock), upstream_(upstream), options_(options) {}

  /// Registries and downloads at the same time; the first error of either stops both.
  Status fetch() {
    const std::stop_callback forward(options_.stop, [this] { stop_.request_stop(); });
    auto files = std::async(std::launch::async, [&] { return stopping(fetch_files()); });
    Status blobs = stopping(fetch_blobs());
    Status downloads = files.get();
    // When one failed, the other's "interrupted" is only the echo.
    if (!blobs && (downloads || blobs.error().code != ExitCode::interrupted)) {
      return blobs;
    }
    return downloads;
  }

private:
  Status stopping(Status status) {
    if (!status) {
      stop_.request_stop();
    }
    return status;
  }

  Status fetch_blobs() {
    // The largest first, so that no thread starts a long transfer when the others are done.
    std::vector<std::size_t> order(plan_.blobs.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return plan_.blobs[a].descriptor.size > plan_.blobs[b].descriptor.size;
    });
    return for_each_index(order.size(), options_.jobs, stop_.get_token(),
                          [&](std::size_t n) { return fetch_blob(plan_.blobs[order[n]]); });
  }

  Status fetch_blob(const BlobTask& task) {
    KF_TRY_ASSIGN(const auto slot, writer_.raw(task.row));
    Status status = transfer(task, *slot);
    if (status) {
      status = slot->finish();
      if (!status && status.error().code == ExitCode::integrity && slot->received() == 0) {
        // What an interrupted run left was not what its journal said (a power cut): once more, from the start.
        KF_TRY(transfer(task, *slot));
        status = slot->finish();
      }
    }
    if (!status) {
      const std::string what = task.url.empty() ? task.from.to_string() : task.url;
      return status.error().message.starts_with(what) ? Failure(std::move(status.error()))
                                                      : Failure(std::move(status.error()).prefixed(what));
    }
    return {};
  }

  Status transfer(const BlobTask& task, bundle::RawSlot& slot) {
    SlotSink sink(slot, options_.progress);
    if (slot.received() == task.descriptor.size) {
      return {};
    }
    if (!task.url.empty()) {
      Status status = upstream_.download(task.url, task.descriptor.size, task.descriptor.size, sink, slot.received());
      if (!status && status.error().code == ExitCode::network) {
        status.error().hint =
            "try again; distributions remove what they have replaced, and `kubeferry lock` finds what they have now";
      }
      return status;
    }
    if (task.manifest) {
      oci::Reference by_digest = task.from;
      by_digest.tag.reset();
      by_digest.digest = task.descriptor.digest;
      auto manifest = upstream_.registries().manifest(by_digest);
      if (!manifest) {
        return Failure(explain_gone(task, std::move(manifest.error())));
      }
      KF_TRY(sink.restart());
      return sink.write(manifest->bytes);
    }
    // The slot proves the digest when it is finished; the client need not hash it too.
    return upstream_.registries().transfer_blob(registry::repository_of(task.from), task.descriptor, sink,
                                                slot.received());
  }

  /// A digest that a registry no longer has mostly means that the tag was pushed again.
  Error explain_gone(const BlobTask& task, Error error) {
    if (error.code != ExitCode::network || !task.from.tag) {
      return error;
    }
    oci::Reference by_tag = task.from;
    by_tag.digest.reset();
    const auto now = upstream_.registries().resolve(by_tag);
    if (now && now->digest != task.descriptor.digest) {
      error.message += fmt::format("; its tag names {} now", now->digest.to_string());
      error.hint = "the tag was moved after the lock was made: run `kubeferry lock` again and look at what changed";
    }
    return error;
  }

  Status fetch_files() {
    for (const auto& task : plan_.files) {
      const bool complete = std::all_of(task.rows.begin(), task.rows.end(),
                                        [&](const FileTask::Row& row) { return writer_.complete(row.row); });
      const LockedDownload& download = lock_.downloads[task.download];
      if (complete) {
        if (options_.progress != nullptr) {
          options_.progress->add(download.size);
        }
        continue;
      }
      if (stop_.stop_requested()) {
        return fail(ExitCode::interrupted, "stopped");
      }
      KF_TRY(download.kind == "archive" ? fetch_archive(task, download) : fetch_binary(task, download));
    }
    return {};
  }

  Result<std::unique_ptr<Source>> open(const LockedDownload& download) {
    if (download.url.empty()) {
      KF_TRY_ASSIGN(FileRandomSource file, FileRandomSource::open(download.source));
      return std::unique_ptr<Source>(std::make_unique<LocalSource>(std::move(file)));
    }
    KF_TRY_ASSIGN(auto pipe, Pipe::start([this, &download](net::RestartableSink& sink) {
                    return upstream_.download(download.url, download.size, download.size, sink);
                  }));
    return std::unique_ptr<Source>(std::move(pipe));
  }

  class LocalSource final : public Source {
  public:
    explicit LocalSource(FileRandomSource file) : file_(std::move(file)), source_(file_.fd(), file_.name()) {}
    Result<std::size_t> read(MutableByteView buffer) override { return source_.read(buffer); }

  private:
    FileRandomSource file_;
    FdSource source_;
  };

  Status fetch_binary(const FileTask& task, const LockedDownload& download) {
    const LockedFile& file = download.files[task.rows.front().file];
    const std::string& what = download.url.empty() ? download.source : download.url;
    KF_TRY_ASSIGN(const auto source, open(download));
    CheckedSource checked(*source, file.platforms, what, options_.progress);
    Status put = writer_.put(task.rows.front().row, checked, usable_processors());
    if (!put && put.error().code == ExitCode::integrity && !checked.foreign()) {
      return Failure(
          std::move(put.error())
              .prefixed(what)
              .with_hint(
                  "it is not what the lock says: if upstream changed it on purpose, run `kubeferry lock` again"));
    }
    return put;
  }

  Status fetch_archive(const FileTask& task, const LockedDownload& download) {
    KF_TRY_ASSIGN(const auto source, open(download));
    auto next = task.rows.begin();
    Status read = archive::read_tarball(
        *source, download.url, {}, [&](const archive::TarballMember& member, Source& content) -> Status {
          if (next == task.rows.end() || download.files[next->file].member != member.name) {
            return {};
          }
          const LockedFile& file = download.files[next->file];
          const std::size_t row = next->row;
          ++next;
          if (writer_.complete(row)) {
            return {};
          }
          CheckedSource checked(content, file.platforms, download.url + ": " + member.name, nullptr);
          return writer_.put(row, checked, usable_processors());
        });
    if (!read) {
      return Failure(std::move(read.error()).prefixed(download.url));
    }
    if (next != task.rows.end()) {
      return fail(ExitCode::integrity, "{}: has no {} any more, which the lock says it has", download.url,
                  download.files[next->file].member);
    }
    if (options_.progress != nullptr) {
      options_.progress->add(download.size);
    }
    return {};
  }

  bundle::Writer& writer_;
  const BuildPlan& plan_;
  const Lock& lock_;
  Upstream& upstream_;
  const FetchOptions& options_;
  std::stop_source stop_;
};

Result<std::string> sign_with(const std::vector<const crypto::PrivateKey*>& keys, std::string_view manifest) {
  crypto::Envelope envelope{std::string(bundle::k_payload_type), {}};
  for (const auto* key : keys) {
    KF_TRY(crypto::add_signature(envelope, *key, as_byte_view(manifest)));
  }
  return envelope.to_text();
}

}  // namespace

std::uint64_t fetch_bytes(const BuildPlan& plan, const Lock& lock) {
  std::uint64_t total = 0;
  for (const auto& task : plan.blobs) {
    total += task.descriptor.size;
  }
  for (const auto& task : plan.files) {
    total += lock.downloads[task.download].size;
  }
  return total;
}

Result<Built> fetch_and_write(BuildPlan plan, const Lock& lock, Upstream& upstream, const FetchOptions& options) {
  KF_TRY_ASSIGN(const auto writer, bundle::Writer::open(options.output, plan.write));
  // The writer has them now, and they are not small in a large bundle.
  plan.write.known.clear();
  Build build(*writer, plan, lock, upstream, options);
  KF_TRY(build.fetch());
  Built built;
  KF_TRY_ASSIGN(built.manifest,
                writer->finish([&](std::string_view manifest) { return sign_with(options.keys, manifest); },
                               usable_processors(), options.stop));
  std::error_code problem;
  built.bytes = std::filesystem::file_size(options.output, problem);
  return built;
}

}  // namespace kubeferry::builder

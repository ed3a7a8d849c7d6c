// SPDX-License-Identifier: Apache-2.0
#include "bundle_copy.hpp"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <thread>

#include <kubeferry/base/atomic_file.hpp>
#include <kubeferry/base/text.hpp>
#include <kubeferry/bundle/bundle.hpp>
#include <kubeferry/bundle/verify.hpp>
#include <kubeferry/source/fetch_bundle.hpp>
#include <kubeferry/steps/basic_steps.hpp>

namespace kubeferry::node {

namespace {

/// As the file system can: shared blocks, else within the kernel, else by hand.
Status copy_bytes(int from, int to, std::uint64_t bytes, const std::string& what, const std::string& target) {
  if (::ioctl(to, FICLONE, from) == 0) {
    return {};
  }
  std::uint64_t done = 0;
  while (done < bytes) {
    const ssize_t count = ::copy_file_range(from, nullptr, to, nullptr, bytes - done, 0);
    if (count > 0) {
      done += static_cast<std::uint64_t>(count);
    } else if (count == 0) {
      return fail(ExitCode::format, "{}: ends after {} of {} bytes", what, done, bytes);
    } else if (done == 0 && (errno == EXDEV || errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP)) {
      FdSource source(from, what);
      FdSink sink(to, target);
      KF_TRY(copy_all(source, sink));
      return {};
    } else if (errno != EINTR) {
      return fail_errno(errno, errno == ENOSPC || errno == EDQUOT ? target : what);
    }
  }
  return {};
}

/// Where a bundle is to be, and which.
struct Place {
  std::string path;
  crypto::Digest manifest;
  crypto::Keyset trust;

  [[nodiscard]] Status check(const host::Host& host) const {
    KF_TRY_ASSIGN(const auto there, bundle::Bundle::open(host.at(path), trust));
    if (there->manifest_digest() != manifest) {
      return fail(ExitCode::integrity, "{} is another bundle ({}) than {}", path, there->manifest_digest().to_string(),
                  manifest.to_string());
    }
    // Every byte: after a power cut a file may be there with holes, and other nodes will be served from this one.
    return bundle::verify(*there, bundle::Depth::chunks, std::max(std::thread::hardware_concurrency(), 1U), nullptr,
                          std::stop_token());
  }
};

std::string absolute(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::absolute(path, ignored).lexically_normal().native();
}

Status copy(const host::Host& host, const std::string& from, std::uint64_t bytes, const Place& to) {
  KF_TRY_ASSIGN(const Fd source, open_file(host.at(from), O_RDONLY));
  KF_TRY_ASSIGN(AtomicFile file, AtomicFile::create(host.at(to.path), 0644));
  KF_TRY(copy_bytes(source.get(), file.fd(), bytes, from, to.path));
  KF_TRY(file.commit());
  if (Status good = to.check(host); !good) {
    ::unlink(host.at(to.path).c_str());
    return Failure(std::move(good).error().prefixed(fmt::format("what was copied from {}", from)));
  }
  return {};
}

std::unique_ptr<const steps::Step> bring(Place to, std::string summary,
                                         std::function<Status(const host::Host&)> apply) {
  steps::Action action{.kind = "bundle", .target = to.path, .summary = std::move(summary)};
  action.preview = {.action = "create", .summary = action.summary};
  action.satisfied = [to](const host::Host& host) -> Result<bool> {
    return host.exists(to.path) && to.check(host).has_value();
  };
  action.apply = std::move(apply);
  return steps::action(std::move(action));
}

}  // namespace

std::unique_ptr<const steps::Step> bundle_copy(const bundle::Bundle& from, std::string to, crypto::Keyset trust) {
  std::string summary = fmt::format("keep the bundle ({}) as {}", human_bytes(from.file_bytes()), to);
  const Place place{std::move(to), from.manifest_digest(), std::move(trust)};
  return bring(place, std::move(summary),
               [place, name = absolute(from.name()), bytes = from.file_bytes()](const host::Host& host) {
                 return copy(host, name, bytes, place);
               });
}

std::unique_ptr<const steps::Step> bundle_fetch(std::shared_ptr<const source::RemoteBundle> from, std::string to,
                                                std::stop_token stop) {
  std::string summary = fmt::format("fetch the bundle from {} as {}", from->name(), to);
  const Place place{std::move(to), from->manifest_digest(), from->trust()};
  return bring(place, std::move(summary), [place, from, stop](const host::Host& host) -> Status {
    // One that is there is damaged, or it would not be fetched. What of it is good need not come again.
    const auto path = host.at(place.path);
    if (::rename(path.c_str(), (path.native() + ".partial").c_str()) != 0 && errno != ENOENT) {
      return fail_errno(errno, place.path);
    }
    KF_TRY(source::fetch_bundle(*from, {.path = path, .stop = stop}));
    return {};
  });
}

void add_bundle_undoer(steps::Undoers& undoers) {
  undoers["bundle"] = [](const host::Host& host, const steps::Entry& entry, steps::Backups&,
                         const std::function<void(std::string_view)>&) -> Status {
    for (const char* suffix : {"", ".partial"}) {
      const auto path = host.at(entry.target + suffix);
      if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
        return fail_errno(errno, path.native());
      }
    }
    return {};
  };
}

}  // namespace kubeferry::node

// SPDX-License-Identifier: Apache-2.0
#include "bundle_copy.hpp"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>

#include <kubeferry/base/atomic_file.hpp>
#include <kubeferry/base/text.hpp>
#include <kubeferry/bundle/bundle.hpp>
#include <kubeferry/source/fetch_bundle.hpp>
#include <kubeferry/steps/basic_steps.hpp>

namespace kubeferry::node {

namespace {

/// As the file system can: shared blocks, else within the kernel, else by hand.
Status copy_bytes(int from, int to, std::uint64_t bytes, const std::string& what) {
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
      FdSink sink(to, what);
      KF_TRY(copy_all(source, sink));
      return {};
    } else if (errno != EINTR) {
      return fail_errno(errno, what);
    }
  }
  return {};
}

Status copy(const host::Host& host, const std::string& from, const std::string& to, std::uint64_t bytes,
            const crypto::Keyset& trust) {
  KF_TRY_ASSIGN(const Fd source, open_file(host.at(from), O_RDONLY));
  KF_TRY_ASSIGN(AtomicFile file, AtomicFile::create(host.at(to), 0644));
  KF_TRY(copy_bytes(source.get(), file.fd(), bytes, from));
  KF_TRY(file.commit());
  // The medium may have given other bytes than when it was opened first.
  KF_TRY(bundle::Bundle::open(host.at(to), trust));
  return {};
}

steps::Action bring(const std::string& to, std::string summary) {
  steps::Action action{.kind = "bundle", .target = to, .summary = std::move(summary)};
  action.preview = {.action = "create", .summary = action.summary};
  return action;
}

}  // namespace

std::unique_ptr<const steps::Step> bundle_copy(std::string from, std::string to, std::uint64_t bytes,
                                               crypto::Keyset trust) {
  steps::Action action = bring(to, fmt::format("keep the bundle ({}) as {}", human_bytes(bytes), to));
  action.satisfied = [to, trust](const host::Host& host) -> Result<bool> {
    return host.exists(to) && bundle::Bundle::open(host.at(to), trust).has_value();
  };
  action.apply = [=](const host::Host& host) { return copy(host, from, to, bytes, trust); };
  return steps::action(std::move(action));
}

std::unique_ptr<const steps::Step> bundle_fetch(std::shared_ptr<const source::RemoteBundle> from, std::string to,
                                                std::stop_token stop) {
  steps::Action action = bring(to, fmt::format("fetch the bundle from {} as {}", from->name(), to));
  action.satisfied = [from, to](const host::Host& host) -> Result<bool> {
    return host.exists(to) && bundle::Bundle::open(host.at(to), from->trust()).has_value();
  };
  action.apply = [=](const host::Host& host) -> Status {
    KF_TRY(source::fetch_bundle(*from, {.path = host.at(to), .stop = stop}));
    return {};
  };
  return steps::action(std::move(action));
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

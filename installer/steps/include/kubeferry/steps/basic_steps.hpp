// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <kubeferry/base/stream.hpp>
#include <kubeferry/crypto/digest.hpp>
#include <kubeferry/steps/step.hpp>

// The changes that every installation is made of.
namespace kubeferry::steps {

/// A text of ours at `path` (0644, 0600, …), root's. Missing parent directories are made (0755) and undone with it. A
/// file of that name is kept as backup and put back by undo; one that somebody changed after us is not put back
/// silently: its text is kept beside it as PATH.kubeferry-changed, with a warning. Nothing is written through a
/// symbolic link. With a `secret` text the preview shows neither diff nor content.
enum class Secret { no, yes };
[[nodiscard]] std::unique_ptr<const Step> text_file(std::string path, std::string text, std::uint32_t mode,
                                                    Secret secret = Secret::no);

/// Bytes with a known digest at `path`, such as a node file: satisfied when the file has that digest and mode. Written
/// from `open` to a temporary name, hashed on the way, fsynced, renamed (which also replaces a running program).
/// integrity error when `open` gives something else.
struct Content {
  crypto::Digest digest;
  std::uint64_t size = 0;  ///< bytes
  std::function<Result<std::unique_ptr<Source>>()> open;
};
[[nodiscard]] std::unique_ptr<const Step> content_file(std::string path, Content content, std::uint32_t mode);

/// A directory of root's; undo removes it when it was made here and is empty, and with `with_content` whatever is in it
/// (for directories that only what we install fills: /var/lib/etcd).
enum class Remove { when_empty, with_content };
[[nodiscard]] std::unique_ptr<const Step> directory(std::string path, std::uint32_t mode,
                                                    Remove remove = Remove::when_empty);

/// A key of /proc/sys as sysctl(8) writes it ("net.ipv4.ip_forward"), now; a file in /etc/sysctl.d makes it last.
/// unsupported_host error when the kernel has no such key; a value that cannot be set is an io error.
[[nodiscard]] std::unique_ptr<const Step> sysctl(std::string key, std::string value);

/// A kernel module, loaded now by modprobe(8). Satisfied when loaded or built in. Undo unloads what this loaded, unless
/// something uses it by then (a warning).
[[nodiscard]] std::unique_ptr<const Step> kernel_module(std::string name);

/// A systemd unit: enabled and running (or one of them). `revision` is a text on which its process depends (digests of
/// its files): when it differs from that of the last start, the unit is restarted. Undo puts enablement and activity
/// back to what they were. Errors carry the unit's last log lines.
struct UnitWants {
  bool enabled = true;
  bool running = true;
  std::string revision;
};
[[nodiscard]] std::unique_ptr<const Step> unit(std::string name, UnitWants wants);

/// Stands in a plan before the files of the unit `name`, so that undo comes to it when those files are as they were:
/// systemd then reads its units again, and the unit is restarted if it ran before us and runs now (a containerd that
/// got a drop-in from us). Applying it changes nothing but a note below k_state_directory.
[[nodiscard]] std::unique_ptr<const Step> restart_after_undo(std::string name);

/// Something done by a function, for which a kind of its own exists: `kind` needs an Undo. `satisfied` empty: never.
struct Action {
  std::string kind;
  std::string target;
  std::string summary;
  Preview preview;
  std::function<Result<bool>(const host::Host&)> satisfied;
  std::function<Result<Json>(const host::Host&, Backups&)> capture;  ///< empty: null
  std::function<Status(const host::Host&)> apply;
};
[[nodiscard]] std::unique_ptr<const Step> action(Action action);

}  // namespace kubeferry::steps

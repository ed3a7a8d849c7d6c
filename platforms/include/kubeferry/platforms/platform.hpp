// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/base/bytes.hpp>
#include <kubeferry/base/result.hpp>
#include <kubeferry/base/stream.hpp>

namespace kubeferry::platforms {

/// One architecture that kubeferry carries, with its name in every dialect (platforms/data/<arch>.json).
/// Names are unique within a dialect; views in this table live as long as the program.
struct Platform {
  std::string_view name;                   ///< "linux/arm64": how specs, bundles and this program call it
  std::string_view architecture;           ///< OCI and GOARCH: "amd64", "arm", "arm64", "ppc64le", "s390x"
  std::string_view variant;                ///< OCI variant meant when none is written: "v7" for arm; mostly empty
  std::vector<std::string_view> machines;  ///< `uname -m`: {"armv7l", "armv8l"}; the first is the usual one
  std::string_view triplet;                ///< GNU's: "arm-linux-gnueabihf"; names compilers and library folders
  std::string_view debian;                 ///< "armhf", "ppc64el"
  std::string_view rpm;                    ///< "armv7hl", "aarch64"
  std::string_view runc;                   ///< suffix of runc's release files: arm is "armhf"
  std::string_view containerd;             ///< suffix of containerd's release files; empty: none are published
  std::string_view qemu;                   ///< qemu-user's suffix: "aarch64"
  std::uint16_t elf_machine = 0;           ///< e_machine: 183 for arm64
  std::uint8_t elf_class = 0;              ///< 1: 32 bits, 2: 64 bits
  std::uint8_t elf_data = 0;               ///< 1: little-endian, 2: big-endian
};

/// Every platform, in alphabetical order of `name`.
[[nodiscard]] std::span<const Platform> all();

/// The platform that `text` names in any dialect, without regard to case: "linux/arm64", "arm64", "linux/arm64/v8",
/// "aarch64", "armhf", "ppc64el". usage error otherwise, with the nearest name and the list as hint.
Result<const Platform*> find(std::string_view text);

/// The platform this program runs on, by uname(2). unsupported_host error when it is none of all().
Result<const Platform*> host();

/// The platform of an executable by its ELF header; null pointer when it is no ELF file of any of all().
/// Needs the first 20 bytes; fewer: null pointer.
[[nodiscard]] const Platform* of_elf(ByteView header);

/// The first `most` bytes of `file`, or all of a shorter one: what of_elf(), check_executable() and is_static() want.
/// Errors of reading.
Result<Bytes> head_of(Source& file, std::size_t most = 64);

/// Whether the file that starts with `header` (64 bytes are plenty) may be installed on `wanted`: an ELF file must
/// be of its class, byte order and machine; a file that is no ELF (a script, a unit) may go anywhere.
/// integrity error naming `what` and both machines otherwise (SECURITY M50).
Status check_executable(ByteView header, const Platform& wanted, std::string_view what);

/// Whether an ELF executable runs without a loader of the host's (no PT_INTERP segment). `start` is the file's
/// beginning: its header and program headers, 4 KiB are plenty. false, too, for what is no whole ELF header. Format:
/// ELF gABI.
[[nodiscard]] bool is_static(ByteView start);

}  // namespace kubeferry::platforms

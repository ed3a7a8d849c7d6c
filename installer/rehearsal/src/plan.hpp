// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/base/json.hpp>
#include <kubeferry/base/result.hpp>

// What the outer process tells the one that becomes the rehearsal's process 1, and where the two find things.
namespace kubeferry::rehearsal {

/// Where the rehearsal sees what it was given, whatever folder of the machine that is: the program, the logs, the
/// answer.
inline constexpr std::string_view k_inside = "/var/lib/kubeferry-rehearsal";
inline constexpr std::string_view k_program = "/var/lib/kubeferry-rehearsal/kubeferry";
inline constexpr std::string_view k_logs = "/var/lib/kubeferry-rehearsal/logs";
inline constexpr std::string_view k_answer = "/var/lib/kubeferry-rehearsal/answer";
inline constexpr std::string_view k_packets = "/var/lib/kubeferry-rehearsal/packets";
inline constexpr std::string_view k_version = "/var/lib/kubeferry-rehearsal/systemd";
inline constexpr std::string_view k_socket = "/run/kubeferry-rehearsal.socket";
/// In the root of the copy, and nowhere else: holds a number that only this rehearsal knows.
inline constexpr std::string_view k_marker = "/.kubeferry-rehearsal";

/// argv[0] of process 1, by which main() knows it.
inline constexpr std::string_view k_process_name = "kubeferry-rehearsal";
/// And that of the keeper (keeper.hpp).
inline constexpr std::string_view k_keeper_name = "kubeferry-rehearsal-keeper";
/// Descriptors that they have open.
inline constexpr int k_plan_fd = 3;
inline constexpr int k_control_fd = 4;
inline constexpr int k_lock_fd = 5;

/// Folders of the work directory.
inline constexpr std::string_view k_upper = "upper";    ///< what was written to the root
inline constexpr std::string_view k_overlay = "work";   ///< overlayfs' own
inline constexpr std::string_view k_root = "root";      ///< where the copy is put together
inline constexpr std::string_view k_mounts = "mounts";  ///< the same two for other file systems, by number
inline constexpr std::string_view k_real = "real";      ///< folders that are not on an overlay
inline constexpr std::string_view k_shared = "inside";  ///< what is seen as k_inside

inline constexpr std::string_view k_group_name = "kubeferry-rehearsal";
/// Namespaces that must be new, as /proc/self/ns names them; "cgroup" is made by process 1 itself.
inline constexpr std::string_view k_namespaces[] = {"mnt", "pid", "uts", "ipc", "net"};

struct Plan {
  std::string directory;                          ///< the work directory, on the machine
  std::string marker;                             ///< what k_marker holds
  std::map<std::string, std::string> namespaces;  ///< the machine's: "mnt" → "mnt:[4026531841]"
  std::vector<std::string> arguments;             ///< of the kubeferry inside, without the program's name
  std::string working_directory;
  std::string interface;
  std::vector<std::string> addresses;     ///< "10.0.0.5/24"
  std::string hosts;                      ///< further lines for /etc/hosts
  std::string endpoint;                   ///< address of all control planes, where its port is another one than here
  std::uint64_t endpoint_port = 0;        ///< that port
  std::uint64_t port = 0;                 ///< of this API server
  std::vector<std::string> name_servers;  ///< the host's
  std::vector<std::string> networks;      ///< of Pods and Services
};

[[nodiscard]] Json to_json(const Plan& plan);
/// format error.
Result<Plan> parse_plan(std::string_view text);

}  // namespace kubeferry::rehearsal

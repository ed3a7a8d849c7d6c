// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include <kubeferry/base/text.hpp>

#include "checks.hpp"

namespace kubeferry::preflight {

namespace {

/// Which of them hold programs that must run; the kubelet's only those that pods put there.
constexpr std::array<std::string_view, 3> k_with_programs = {"/usr/local/bin", "/opt/cni/bin", "/var/lib/containerd"};
constexpr std::string_view k_kubelet = "/var/lib/kubelet";

/// The kubelet deletes images and evicts pods when less than this is free.
constexpr std::uint64_t k_pressure_percent = 15;

bool is_below(std::string_view path, std::string_view directory) {
  return path.starts_with(directory) && (path.size() == directory.size() || path[directory.size()] == '/');
}

/// The place that a path belongs to: the longest that it is below.
const Place* place_of(const Facts& facts, std::string_view path) {
  const Place* best = nullptr;
  std::size_t longest = 0;
  for (const auto& [place, state] : facts.places) {
    if (is_below(path, place) && place.size() >= longest) {
      best = &state;
      longest = place.size();
    }
  }
  return best;
}

/// The places for which `matters` holds, by where they are mounted.
template <class Matters>
std::map<std::string, std::vector<std::string>> paths_by_mount(const Facts& facts, Matters&& matters) {
  std::map<std::string, std::vector<std::string>> paths;
  for (const auto& [path, place] : facts.places) {
    if (matters(place)) {
      paths[place.mount_point].push_back(path);
    }
  }
  return paths;
}

/// What is needed on one file system, whatever the paths.
struct Sum {
  const Place* place = nullptr;
  Need need;
  std::vector<std::string> paths;
};

/// a + b that stays at the most instead of starting again.
std::uint64_t add(std::uint64_t a, std::uint64_t b) { return checked_add(a, b).value_or(UINT64_MAX); }
std::uint64_t with_margin(std::uint64_t amount) { return add(amount, amount / 20); }

std::map<std::string, Sum> needs_by_device(const Facts& facts, const Question& question) {
  std::map<std::string, Sum> sums;
  for (const auto& [path, need] : question.needs) {
    const Place* const place = place_of(facts, path);
    if (place == nullptr || place->total_bytes == 0 || question.is_ours(path)) {
      continue;
    }
    Sum& sum = sums[place->device.empty() ? place->mount_point : place->device];
    sum.place = place;
    sum.need.bytes = add(sum.need.bytes, need.bytes);
    sum.need.inodes = add(sum.need.inodes, need.inodes);
    sum.paths.push_back(path);
  }
  return sums;
}

}  // namespace

void check_disk_space(const Facts& facts, const Question& question, Out& out) {
  for (const auto& [device, sum] : needs_by_device(facts, question)) {
    const std::uint64_t wanted = with_margin(sum.need.bytes);
    const std::uint64_t free = sum.place->free_bytes;
    if (wanted > free) {
      error(out, "DiskSpace",
            fmt::format("{} has {} free and needs {}, for {}", sum.place->mount_point, human_bytes(free),
                        human_bytes(wanted), fmt::join(sum.paths, ", ")),
            "the installation would end with a full disk",
            fmt::format("make room for {} on {}, or mount a larger file system there", human_bytes(wanted - free),
                        sum.place->mount_point));
    }
  }
}

void check_inodes(const Facts& facts, const Question& question, Out& out) {
  for (const auto& [device, sum] : needs_by_device(facts, question)) {
    const std::uint64_t wanted = with_margin(sum.need.inodes);
    if (sum.place->free_inodes && wanted > *sum.place->free_inodes) {
      error(out, "Inodes",
            fmt::format("{} has {} inodes free and needs {}", sum.place->mount_point, *sum.place->free_inodes, wanted),
            "no more files can be made when they are used up, whatever the space",
            fmt::format("remove many small files from {0} (df -i {0}), or make its file system anew with more",
                        sum.place->mount_point));
    }
  }
}

void check_disk_pressure(const Facts& facts, const Question& question, Out& out) {
  for (const auto& [device, sum] : needs_by_device(facts, question)) {
    const bool watched = std::any_of(sum.paths.begin(), sum.paths.end(), [](const auto& path) {
      return is_below(path, "/var/lib/containerd") || is_below(path, k_kubelet);
    });
    const std::uint64_t free = sum.place->free_bytes;
    const std::uint64_t wanted = with_margin(sum.need.bytes);
    if (!watched || wanted > free) {
      continue;
    }
    const std::uint64_t least = sum.place->total_bytes / 100 * k_pressure_percent;
    if (free - wanted < least) {
      warning(out, "DiskPressure",
              fmt::format("{} would have {} of {} left, less than {} %", sum.place->mount_point,
                          human_bytes(free - wanted), human_bytes(sum.place->total_bytes), k_pressure_percent),
              "below that the kubelet deletes images it does not use, and evicts pods",
              fmt::format("make room for {} on {}", human_bytes(least - (free - wanted)), sum.place->mount_point));
    }
  }
}

void check_read_only(const Facts& facts, const Question&, Out& out) {
  for (const auto& [point, paths] : paths_by_mount(facts, [](const Place& place) { return place.read_only; })) {
    error(out, "ReadOnly", fmt::format("{} is mounted read-only, and has {}", point, fmt::join(paths, ", ")),
          "files must be written there",
          fmt::format("mount -o remount,rw {}    # or mount a writable file system on {}", point, paths.front()));
  }
}

void check_no_exec(const Facts& facts, const Question&, Out& out) {
  const auto is_in = [](const auto& list) {
    return [&list](const std::string& path) { return std::find(list.begin(), list.end(), path) != list.end(); };
  };
  for (const auto& [point, paths] : paths_by_mount(facts, [](const Place& place) { return place.no_exec; })) {
    auto what = fmt::format("{} is mounted noexec, and has {}", point, fmt::join(paths, ", "));
    auto fix = fmt::format("mount -o remount,exec {0}    # and take noexec out of its line in /etc/fstab", point);
    if (std::any_of(paths.begin(), paths.end(), is_in(k_with_programs))) {
      error(out, "NoExec", std::move(what), "programs there, or in containers, cannot be run", std::move(fix));
    } else if (std::find(paths.begin(), paths.end(), k_kubelet) != paths.end()) {
      warning(out, "NoExec", std::move(what), "pods cannot run programs that they keep in volumes", std::move(fix));
    }
  }
}

}  // namespace kubeferry::preflight

// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/preflight/question.hpp>

#include <algorithm>

#include <kubeferry/bundle/reach.hpp>

#include "checks.hpp"
#include "ports.hpp"

namespace kubeferry::preflight {

namespace {

constexpr std::uint64_t k_mib = std::uint64_t{1} << 20;
constexpr std::uint64_t k_kubelet_bytes = 256 * k_mib;
constexpr std::uint64_t k_etcd_bytes = 512 * k_mib;
constexpr std::uint64_t k_configuration_bytes = k_mib;
// Of an image: distributions in a base layer have some thousands, single programs a few.
constexpr std::uint64_t k_inodes_of_image = 1500;
constexpr std::uint64_t k_inodes_of_rest = 1000;

/// "…/releases/download/v1.7.28/containerd-static-1.7.28-linux-amd64.tar.gz" → "1.7.28"
std::string version_in_source(std::string_view source) {
  constexpr std::string_view k_marker = "/releases/download/v";
  const auto at = source.find(k_marker);
  if (at == std::string_view::npos) {
    return {};
  }
  const auto rest = source.substr(at + k_marker.size());
  return std::string(rest.substr(0, rest.find('/')));
}

/// Compressed as they are, and 3.5 times that unpacked.
std::uint64_t image_room(std::uint64_t bytes) {
  const auto room = checked_multiply<std::uint64_t>(bytes, 9);
  return room ? *room / 2 : UINT64_MAX;
}

void add_files(Question& question, const bundle::Manifest& manifest, std::string_view platform) {
  for (const auto& file : manifest.files) {
    if (!bundle::serves_platform(platform, file.platform)) {
      continue;
    }
    question.bundle->files.insert(file.path);
    if (file.component == "containerd") {
      question.bundle->containerd = version_in_source(file.source);
    } else if (file.component == "runc") {
      question.bundle->runc = version_in_source(file.source);
    }
    const auto* const row = manifest.find_blob(file.digest);
    question.add_need(file.path.substr(0, file.path.rfind('/')), row == nullptr ? 0 : row->size, 1);
  }
}

/// To serves_platform() an empty name is every platform; here it is none.
bool has_platform(const bundle::Manifest& manifest, std::string_view platform) {
  const auto has = [&](const std::string& name) { return bundle::serves_platform(platform, name); };
  return !platform.empty() && std::ranges::any_of(manifest.platforms, has);
}

Status add_images(Question& question, const bundle::Bundle& bundle, std::string_view platform) {
  KF_TRY_ASSIGN(const auto sizes, bundle::platform_sizes(bundle));
  for (const auto& size : sizes) {
    if (bundle::serves_platform(platform, size.platform)) {
      question.add_images(size.image_bytes, size.images);
    }
  }
  return {};
}

}  // namespace

std::string_view to_string(Role role) noexcept {
  switch (role) {
    case Role::init: return "a control plane";
    case Role::control_plane: return "another control plane";
    case Role::worker: break;
  }
  return "a worker";
}

std::optional<unsigned> Question::minor() const {
  const auto version = bundle ? parse_version(bundle->kubernetes) : std::nullopt;
  return version ? std::optional(version->minor) : std::nullopt;
}

bool Question::is_ours(std::string_view path) const {
  return std::any_of(ours.begin(), ours.end(), [&](const std::string& own) {
    return path.starts_with(own) && (path.size() == own.size() || path[own.size()] == '/');
  });
}

bool Question::brings(std::string_view program) const {
  if (!bundle) {
    return false;
  }
  const auto directories = split(host::k_program_path, ':');
  return std::any_of(directories.begin(), directories.end(), [&](std::string_view directory) {
    return bundle->files.contains(fmt::format("{}/{}", directory, program));
  });
}

void Question::add_need(const std::string& path, std::uint64_t bytes, std::uint64_t inodes) {
  Need& need = needs[path];
  need.bytes = checked_add(need.bytes, bytes).value_or(UINT64_MAX);
  need.inodes = checked_add(need.inodes, inodes).value_or(UINT64_MAX);
}

void Question::add_images(std::uint64_t bytes, std::uint64_t count) {
  add_need("/var/lib/containerd", image_room(bytes), count * k_inodes_of_image);
}

void claim_cluster(Question& question) {
  question.ours.insert({"/etc/kubernetes", "/var/lib/etcd", "/var/lib/kubelet"});
  for (const auto port : needed_ports(question)) {
    if (question.registry_port != port) {
      question.our_ports.insert(port);
    }
  }
}

Question question_for(const bundle::Manifest& manifest, Role role, std::string_view platform) {
  Question question;
  question.role = role;
  question.bundle = BundleFacts{.kubernetes = manifest.kubernetes,
                                .created = manifest.created,
                                .platforms = manifest.platforms,
                                .files = {},
                                .containerd = {},
                                .runc = {},
                                .packages = {},
                                .named = {}};
  if (!has_platform(manifest, platform)) {
    return question;
  }
  add_files(question, manifest, platform);
  for (const auto& repository : manifest.packages) {
    question.bundle->packages.push_back(repository);
    question.bundle->packages.back().files.clear();
  }
  question.add_need("/var/lib/kubelet", k_kubelet_bytes, k_inodes_of_rest);
  question.add_need("/etc", k_configuration_bytes, k_inodes_of_rest);
  if (question.control_plane()) {
    question.add_need("/var/lib/etcd", k_etcd_bytes, k_inodes_of_rest);
  }
  return question;
}

Result<Question> question_for(const bundle::Bundle& bundle, Role role, std::string_view platform) {
  Question question = question_for(bundle.manifest(), role, platform);
  question.bundle->named = bundle.name();
  if (has_platform(bundle.manifest(), platform)) {
    KF_TRY(add_images(question, bundle, platform));
  }
  return question;
}

}  // namespace kubeferry::preflight

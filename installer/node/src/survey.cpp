// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/node/survey.hpp>

#include <algorithm>

#include <kubeferry/base/text.hpp>
#include <kubeferry/bundle/reach.hpp>

namespace kubeferry::node {

namespace {

Result<host::MemoryProgram> from_bundle(const source::NodeSource& source, const bundle::FileRow& row) {
  KF_TRY_ASSIGN(const auto content, source.stream(row.digest));
  return host::MemoryProgram::load(row.path.substr(row.path.rfind('/') + 1), *content);
}

const bundle::FileRow* find_program(const source::NodeSource& source, std::string_view platform,
                                    std::string_view name) {
  for (const auto& row : source.manifest().files) {
    if (bundle::serves_platform(platform, row.platform) && row.mode == 0755 &&
        row.path.substr(row.path.rfind('/') + 1) == name) {
      return &row;
    }
  }
  return nullptr;
}

/// The version of containerd in the bundle; nothing when it has none.
Result<std::optional<runtime::Version>> bundled_containerd(const host::Host& host, const source::NodeSource& source,
                                                           std::string_view platform) {
  const bundle::FileRow* row = find_program(source, platform, "containerd");
  if (row == nullptr) {
    return std::optional<runtime::Version>();
  }
  KF_TRY_ASSIGN(const host::MemoryProgram program, from_bundle(source, *row));
  KF_TRY_ASSIGN(const std::string said, host.output_of({program.path(), "--version"}));
  return runtime::find_version(said);
}

Status check_platform(const bundle::Manifest& manifest, std::string_view platform, std::string_view name) {
  const bool there = std::ranges::any_of(
      manifest.platforms, [&](const std::string& offered) { return bundle::serves_platform(platform, offered); });
  if (there) {
    return {};
  }
  return Failure(
      Error{ExitCode::unsupported_host,
            fmt::format("{} is for {}, and this machine is {}", name, fmt::join(manifest.platforms, ", "), platform),
            fmt::format("build a bundle whose spec has `platforms: [{}]`, or `all`", platform),
            {}});
}

}  // namespace

std::string own_address(const preflight::Network& network) {
  std::vector<preflight::InterfaceAddress> candidates;
  for (const auto& route : network.routes) {
    if (route.is_default()) {
      std::ranges::copy_if(network.addresses, std::back_inserter(candidates),
                           [&](const auto& address) { return address.interface == route.interface; });
    }
  }
  if (candidates.empty() && network.addresses.size() == 1) {
    candidates = network.addresses;
  }
  const auto four =
      std::ranges::find_if(candidates, [](const auto& one) { return one.address.family() == host::Family::ipv4; });
  const auto found = four != candidates.end() ? four : candidates.begin();
  return found == candidates.end() ? std::string() : found->address.to_string();
}

Result<Survey> survey(const host::Host& host, const source::NodeSource& source, const steps::Journal& journal,
                      const std::string& cri_socket) {
  Survey out;
  KF_TRY_ASSIGN(out.platform, platforms::host());
  const bundle::Manifest& manifest = source.manifest();
  const std::string_view platform = out.platform->name;
  KF_TRY(check_platform(manifest, platform, source.name()));
  if (manifest.kubernetes.empty()) {
    return fail(ExitCode::usage, "{} holds no Kubernetes: its spec has no `kubernetes:`", source.name());
  }
  KF_TRY_ASSIGN(out.kubernetes, catalog::KubernetesVersion::parse(manifest.kubernetes));
  out.facts = preflight::read_facts(host);
  KF_TRY_ASSIGN(out.detected, runtime::detect(host, &journal));
  KF_TRY_ASSIGN(const auto bundled, bundled_containerd(host, source, platform));
  KF_TRY_ASSIGN(out.runtime, runtime::choose(out.detected, cri_socket, bundled));
  const auto size_of = [&](const crypto::Digest& digest) -> std::uint64_t {
    const auto* row = manifest.find_blob(digest);
    return row == nullptr ? 0 : row->size;
  };
  out.files = node_files(
      host, manifest.files, size_of, platform, manifest.kubernetes,
      [&source](const crypto::Digest& digest) { return source.stream(digest); },
      [&host](const std::string& program) { return program_version(host, program); });
  const bundle::FileRow* kubeadm = find_program(source, platform, "kubeadm");
  const auto used = out.files.programs.find("kubeadm");
  if (kubeadm != nullptr && (used == out.files.programs.end() || used->second == kubeadm->path)) {
    KF_TRY_ASSIGN(auto image, from_bundle(source, *kubeadm));
    out.kubeadm_image.emplace(std::move(image));
    out.kubeadm = out.kubeadm_image->path();
  } else if (used != out.files.programs.end()) {
    out.kubeadm = used->second;
  } else {
    return fail(ExitCode::usage, "{} holds no kubeadm for {}", source.name(), platform);
  }
  out.node_name = lower(out.facts.identity.hostname);
  out.address = own_address(out.facts.network);
  return out;
}

}  // namespace kubeferry::node

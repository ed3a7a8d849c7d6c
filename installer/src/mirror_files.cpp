// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/installer/mirror_files.hpp>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include <kubeferry/base/atomic_file.hpp>

namespace kubeferry::installer {

namespace {

constexpr mode_t k_readable = 0644;

/// What stands before `path` in `repository`; nothing when it does not end with it.
std::optional<std::string> base_of(std::string_view repository, std::string_view path) {
  if (repository == path) {
    return std::string();
  }
  if (repository.size() > path.size() && repository.ends_with(path) &&
      repository[repository.size() - path.size() - 1] == '/') {
    return std::string(repository.substr(0, repository.size() - path.size() - 1));
  }
  return std::nullopt;
}

/// Source repository → repository in the target, by registry. Second spellings do not count, and
/// no container runtime asks for artifacts.
std::map<std::string, std::map<std::string, std::string>> repositories_by_registry(const MirrorResult& result) {
  std::map<std::string, std::map<std::string, std::string>> out;
  for (const MirrorRow& row : result.rows) {
    const auto source = oci::Reference::parse(row.source);
    if (source && !row.second_name && row.kind == Kind::image) {
      out[source->registry].emplace(source->repository, row.repository);
    }
  }
  return out;
}

/// The prefix behind which most repositories kept their paths; nothing when none did.
std::optional<std::string> common_base(const std::map<std::string, std::string>& repositories) {
  std::map<std::string, std::size_t> votes;
  for (const auto& [path, repository] : repositories) {
    if (const auto base = base_of(repository, path)) {
      ++votes[*base];
    }
  }
  const auto best =
      std::max_element(votes.begin(), votes.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  return best == votes.end() ? std::nullopt : std::optional(best->first);
}

bool is_whole_registry(const Redirect& redirect) { return redirect.source.find('/') == std::string::npos; }

std::string renamed_comment(const std::vector<Redirect>& redirects, std::string_view registry) {
  std::string out;
  for (const Redirect& redirect : redirects) {
    if (!is_whole_registry(redirect) && redirect.source.starts_with(fmt::format("{}/", registry))) {
      out += fmt::format("# {} is only to be had as {}\n", redirect.source, redirect.place.name());
    }
  }
  return out;
}

std::vector<ConfigurationFile> containerd_files_of(const std::vector<Redirect>& redirects, std::string_view ca) {
  std::vector<ConfigurationFile> files;
  std::set<std::string> bases;
  std::vector<RegistryPlace> last;
  for (const Redirect& redirect : redirects) {
    const std::string registry = redirect.source.substr(0, redirect.source.find('/'));
    const bool known = std::any_of(files.begin(), files.end(), [&](const ConfigurationFile& file) {
      return file.path == fmt::format("certs.d/{}/hosts.toml", registry);
    });
    if (known) {
      continue;  // the whole registry sorts before its repositories
    }
    RegistryPlace place = redirect.place;
    place.prefix = is_whole_registry(redirect) ? place.prefix : std::string();
    last.assign(1, place);
    bases.insert(place.prefix);
    files.push_back(
        {fmt::format("certs.d/{}/hosts.toml", registry), hosts_toml(last, ca) + renamed_comment(redirects, registry)});
  }
  if (bases.size() == 1) {
    files.push_back({"certs.d/_default/hosts.toml", hosts_toml(last, ca)});
  }
  return files;
}

/// Where kubeadm's own images went.
std::optional<RegistryPlace> kubeadm_place(const std::vector<Redirect>& redirects) {
  for (const std::string_view registry : {"registry.k8s.io", "k8s.gcr.io"}) {
    for (const Redirect& redirect : redirects) {
      if (redirect.source == registry) {
        return redirect.place;
      }
    }
  }
  return std::nullopt;
}

std::string with_digest(const std::string& name, const crypto::Digest& digest) {
  return name.find('@') == std::string::npos ? fmt::format("{}@{}", name, digest.to_string()) : name;
}

}  // namespace

std::string mapping_text(const MirrorResult& result) {
  std::string out = "# source=target status\n";
  for (const MirrorRow& row : result.rows) {
    out += fmt::format("{}={} {}\n", with_digest(row.source, row.source_digest),
                       with_digest(row.target, row.target_digest), to_string(row.status));
  }
  return out;
}

std::string missing_text(const MirrorResult& result) {
  std::string out;
  for (const MissingItem& item : result.missing) {
    out += fmt::format("{}: {}\n", item.name, item.reason);
  }
  return out;
}

std::vector<Redirect> mirrored_redirects(const MirrorResult& result, const MirrorTarget& target, bool plain_http) {
  std::vector<Redirect> redirects;
  for (const auto& [registry, repositories] : repositories_by_registry(result)) {
    const auto base = common_base(repositories);
    if (base) {
      redirects.push_back({registry, {target.registry, *base, plain_http}});
    }
    for (const auto& [path, repository] : repositories) {
      if (!base || base_of(repository, path) != base) {
        redirects.push_back({fmt::format("{}/{}", registry, path), {target.registry, repository, plain_http}});
      }
    }
  }
  return redirects;
}

std::vector<ConfigurationFile> mirror_files(const MirrorResult& result, const MirrorTarget& target, bool plain_http,
                                            std::string_view ca_pem) {
  const auto redirects = mirrored_redirects(result, target, plain_http);
  std::vector<ConfigurationFile> files = {{"mapping.txt", mapping_text(result)}};
  if (!result.missing.empty()) {
    files.push_back({"missing.txt", missing_text(result)});
  }
  for (ConfigurationFile& file : containerd_files_of(redirects, ca_pem.empty() ? "" : k_ca_file)) {
    files.push_back(std::move(file));
  }
  if (!redirects.empty()) {
    files.push_back({"registries.conf", registries_conf(redirects)});
  }
  if (!ca_pem.empty()) {
    add_ca_files(files, ca_pem);
    files.push_back({std::string(k_ca_file), std::string(ca_pem)});
  }
  if (const auto place = kubeadm_place(redirects)) {
    files.push_back({"kubeadm.yaml", kubeadm_snippet(*place, result.kubernetes)});
  }
  return files;
}

Status write_files(const std::filesystem::path& directory, const std::vector<ConfigurationFile>& files) {
  for (const ConfigurationFile& file : files) {
    const std::filesystem::path path = directory / file.path;
    std::error_code error;
    std::filesystem::create_directories(path.parent_path(), error);
    if (error) {
      return fail_errno(error.value(), path.parent_path().native());
    }
    KF_TRY(write_file_atomically(path, file.text, k_readable));
  }
  return {};
}

}  // namespace kubeferry::installer

// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/builder/session.hpp>

#include <unistd.h>

#include <chrono>

#include <kubeferry/base/atomic_file.hpp>
#include <kubeferry/base/fd.hpp>

namespace kubeferry::builder {

namespace {

void say(const std::function<void(std::string_view)>& to, const std::string& line) {
  if (to) {
    to(line);
  }
}

bool is_there(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

ResolveOptions resolve_options(TimePoint now, std::size_t jobs, bool ask_kubeadm, const Talk& talk,
                               const std::stop_token& stop) {
  std::error_code ignored;
  return {.created = now,
          .jobs = jobs,
          .ask_kubeadm = ask_kubeadm,
          .program = std::filesystem::read_symlink("/proc/self/exe", ignored),
          .warn = talk.warn,
          .stop = stop};
}

/// What a plan needs to know beyond its lock: the CNI's manifest, by digest.
Result<std::map<crypto::Digest, Bytes>> lock_documents(const Lock& lock, Upstream& upstream) {
  std::map<crypto::Digest, Bytes> documents;
  for (const auto& download : lock.downloads) {
    if (!is_manifest(download)) {
      continue;
    }
    Bytes bytes;
    if (download.url.empty()) {
      KF_TRY_ASSIGN(const std::string text, read_file(download.source, download.size));
      const ByteView view = as_byte_view(text);
      bytes.assign(view.begin(), view.end());
    } else {
      KF_TRY_ASSIGN(bytes, upstream.read(download.url, download.size));
    }
    if (crypto::Digest::of(bytes) != download.digest) {
      return Failure(
          Error{ExitCode::integrity,
                fmt::format("{}: is not the {} that the lock says",
                            download.url.empty() ? download.source : download.url, download.digest.to_string()),
                "if it was changed on purpose, run `kubeferry lock` again",
                {}});
    }
    documents.emplace(download.digest, std::move(bytes));
  }
  return documents;
}

/// The lock to build from, and what was fetched while making it.
Result<Resolution> locked(const catalog::Catalog& catalog, const catalog::Spec& spec, const BuildRequest& request,
                          const std::filesystem::path& output, Upstream& upstream) {
  std::optional<std::filesystem::path> path = request.lock;
  if (!path && is_there(default_lock_path(request.spec))) {
    path = default_lock_path(request.spec);
  }
  const std::filesystem::path kept = output.native() + ".partial.lock";
  if (!path && is_there(kept)) {
    // Of another spec, or torn: then it is of no use, and no reason to fail either.
    if (auto lock = load_lock(kept, spec)) {
      say(request.talk.info, fmt::format("going on with {}", output.native() + ".partial"));
      Resolution resolution;
      resolution.lock = std::move(*lock);
      KF_TRY_ASSIGN(resolution.documents, lock_documents(resolution.lock, upstream));
      return resolution;
    }
  }
  if (path) {
    say(request.talk.info, fmt::format("locked by {}", path->native()));
    Resolution resolution;
    KF_TRY_ASSIGN(resolution.lock, load_lock(*path, spec));
    KF_TRY_ASSIGN(resolution.documents, lock_documents(resolution.lock, upstream));
    return resolution;
  }
  KF_TRY_ASSIGN(Resolution resolution,
                resolve(spec, catalog, upstream,
                        resolve_options(request.now, request.jobs, request.ask_kubeadm, request.talk, request.stop)));
  KF_TRY(write_file_atomically(kept, to_text(resolution.lock), 0644));
  return resolution;
}

/// Where the spec's packages come from: what is signed may come without TLS.
std::vector<std::string> package_urls(const catalog::Catalog& catalog, const catalog::Spec& spec) {
  std::vector<std::string> urls;
  const auto add = [&](const std::vector<catalog::PackageSource>& sources) {
    for (const auto& source : sources) {
      urls.push_back(expand(source.url, {{"arch", "arch"}}));
    }
  };
  for (const auto& packages : spec.packages) {
    add(packages.sources);
    for (const auto& distribution : catalog.distributions) {
      for (const auto& release : distribution.releases) {
        if (distribution.name == packages.distribution && release.version == packages.version) {
          add(release.sources);
        }
      }
    }
  }
  return urls;
}

/// What a plan must know of the spec's pod network.
struct PodNetworkFacts {
  catalog::PodCidrLocation location;
  std::vector<std::string> images;
};

Result<PodNetworkFacts> network_facts(const catalog::Catalog& catalog, const catalog::Spec& spec) {
  PodNetworkFacts facts;
  if (!spec.cni || spec.cni->name == catalog::k_own_network) {
    return facts;
  }
  KF_TRY_ASSIGN(const catalog::Cni* cni, catalog.cni(spec.cni->name));
  facts.location = cni->pod_cidr_location;
  if (spec.cni->manifest.empty()) {
    KF_TRY_ASSIGN(const auto chosen, catalog::choose_cni(catalog, spec.cni->name, spec.cni->version,
                                                         spec.kubernetes ? &spec.kubernetes->version : nullptr));
    for (const auto& image : chosen.release.images) {
      facts.images.push_back(image.reference);
    }
  }
  return facts;
}

/// File names allow more than shells like; a bundle's default name has nothing of that.
std::string default_output(const catalog::Spec& spec) { return fmt::format("{}-{}.tar.zst", spec.name, spec.version); }

}  // namespace

std::filesystem::path default_lock_path(const std::filesystem::path& spec) {
  std::filesystem::path path = spec;
  return path.replace_extension(".lock");
}

Result<LockReport> lock_spec(const catalog::Catalog& catalog, const LockRequest& request) {
  KF_TRY_ASSIGN(const catalog::Spec spec, catalog::load_spec(request.spec));
  KF_TRY_ASSIGN(const auto upstream, Upstream::make(spec, request.stop, package_urls(catalog, spec)));
  KF_TRY_ASSIGN(Resolution resolution,
                resolve(spec, catalog, *upstream,
                        resolve_options(request.now, request.jobs, request.ask_kubeadm, request.talk, request.stop)));
  Lock before;
  if (is_there(request.output)) {
    KF_TRY_ASSIGN(const std::string text, read_file(request.output, k_max_lock_bytes));
    KF_TRY_ASSIGN(before, parse_lock(text, request.output.native()));
  }
  LockReport report{std::move(resolution.lock), {}, std::move(resolution.skipped)};
  report.changed = changes(before, report.lock);
  const bool same = report.lock.images == before.images && report.lock.downloads == before.downloads &&
                    report.lock.packages == before.packages && report.lock.spec == before.spec;
  if (same) {
    report.lock.created = before.created;
    return report;
  }
  KF_TRY(write_file_atomically(request.output, to_text(report.lock), 0644));
  return report;
}

Result<BuildReport> build_bundle(const catalog::Catalog& catalog, const BuildRequest& request) {
  const auto start = std::chrono::steady_clock::now();
  KF_TRY_ASSIGN(const std::string spec_text, read_file(request.spec, catalog::k_max_spec_bytes));
  KF_TRY_ASSIGN(const catalog::Spec spec, catalog::parse_spec(spec_text, request.spec));
  BuildReport report;
  report.output = request.output.empty() ? std::filesystem::path(default_output(spec)) : request.output;
  KF_TRY_ASSIGN(const auto upstream, Upstream::make(spec, request.stop, package_urls(catalog, spec)));
  KF_TRY_ASSIGN(Resolution resolution, locked(catalog, spec, request, report.output, *upstream));
  report.skipped = std::move(resolution.skipped);

  KF_TRY_ASSIGN(const PodNetworkFacts network, network_facts(catalog, spec));
  KF_TRY_ASSIGN(BuildPlan plan,
                make_plan({spec, spec_text, resolution.lock, resolution.documents, network.location, network.images}));
  resolution.documents.clear();
  report.manifest = plan.write.manifest;
  report.fetched = fetch_bytes(plan, resolution.lock);
  {
    Progress progress("fetching", report.fetched, request.progress);
    FetchOptions options{report.output, request.jobs, request.keys, &progress, request.stop};
    auto built = fetch_and_write(std::move(plan), resolution.lock, *upstream, options);
    if (!built) {
      if (built.error().hint.empty() && is_there(report.output.native() + ".partial")) {
        built.error().hint = "what was fetched is kept: run the same command again to go on";
      }
      return propagate(std::move(built));
    }
    report.built = *built;
  }
  ::unlink((report.output.native() + ".partial.lock").c_str());
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

}  // namespace kubeferry::builder

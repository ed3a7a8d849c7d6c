// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/bundle/extract.hpp>

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <unordered_set>

#include <kubeferry/base/text.hpp>
#include <kubeferry/base/workers.hpp>
#include <kubeferry/bundle/reach.hpp>
#include <kubeferry/oci/layout.hpp>

#include "safe_tree.hpp"

namespace kubeferry::bundle {

namespace {

/// One file to be written: a blob of the bundle, or `made` text that stands in for one.
struct Target {
  std::string path;  ///< below the directory
  crypto::Digest digest;
  std::uint64_t size = 0;
  mode_t mode = 0644;
  std::string made;
};

Target made_target(std::string_view path, std::string text) {
  Target target{.path = std::string(path), .digest = crypto::Digest::of(as_byte_view(text)), .size = text.size()};
  target.made = std::move(text);
  return target;
}

/// The layout of one platform: the images that have it, with index and all.
Status add_platform_layout(const Bundle& bundle, const std::string& platform, std::vector<Target>& targets) {
  std::unordered_set<crypto::Digest> wanted;
  std::vector<oci::LayoutEntry> entries;
  for (const auto* rows : {&bundle.manifest().images, &bundle.manifest().artifacts}) {
    for (const auto& image : *rows) {
      bool any = false;
      for (const auto& part : image.manifests) {
        if (serves_platform(platform, part.platform)) {
          any = true;
          KF_TRY_ASSIGN(const auto digests, blobs_of(bundle, part, image.reference + " for " + part.platform));
          wanted.insert(digests.begin(), digests.end());
        }
      }
      if (any) {
        wanted.insert(image.descriptor.digest);
        entries.push_back({image.descriptor, image.reference});
      }
    }
  }
  targets.push_back(made_target(oci::k_layout_file, std::string(oci::k_layout_text)));
  targets.push_back(made_target(oci::k_index_file, oci::index_json(entries)));
  for (const auto& row : bundle.manifest().blobs) {
    if (wanted.contains(row.digest)) {
      targets.push_back({.path = oci::blob_path(row.digest), .digest = row.digest, .size = row.size});
    }
  }
  return {};
}

std::string folder_of(std::string platform) {
  std::ranges::replace(platform, '/', '-');
  return platform;
}

void add_files(const Bundle& bundle, const std::string& platform, std::vector<Target>& targets) {
  for (const auto& file : bundle.manifest().files) {
    if (serves_platform(platform, file.platform)) {
      targets.push_back({.path = "files/" + folder_of(file.platform) + file.path,
                         .digest = file.digest,
                         .size = bundle.find(file.digest)->size,
                         .mode = file.mode});
    }
  }
}

void add_repository(const Manifest& manifest, const PackageRepository& repository, const std::string& below,
                    std::vector<Target>& targets) {
  for (const auto& file : repository.files) {
    targets.push_back({.path = below + file.path,
                       .digest = file.digest,
                       .size = manifest.find_blob(file.digest)->size,
                       .mode = 0644});
  }
}

void add_packages(const Bundle& bundle, const std::string& platform, std::vector<Target>& targets) {
  for (const auto& repository : bundle.manifest().packages) {
    if (serves_platform(platform, repository.platform)) {
      add_repository(bundle.manifest(), repository,
                     fmt::format("packages/{}/{}/", folder_of(repository.platform), repository.name), targets);
    }
  }
}

/// Manifests as they are to be applied, for people who apply them.
Status add_manifests(const Bundle& bundle, std::vector<Target>& targets) {
  for (const DocumentRow& row : bundle.manifest().documents) {
    if (row.kind != "cni-manifest" && row.kind != "manifest" && row.kind != "manifest-carried") {
      continue;
    }
    if (row.name.empty() || row.name.starts_with('.') || row.name.find('/') != std::string::npos ||
        printable(row.name) != row.name) {
      return fail(ExitCode::format, "{}: the document \"{}\" has no name for a file", bundle.name(),
                  printable(row.name));
    }
    targets.push_back({.path = "manifests/" + row.name, .digest = row.digest, .size = bundle.find(row.digest)->size});
  }
  return {};
}

Result<std::vector<Target>> targets_of(const Bundle& bundle, const ExtractOptions& options) {
  const auto& platforms = bundle.manifest().platforms;
  if (!options.platform.empty() && std::ranges::none_of(platforms, [&](const std::string& offered) {
        return serves_platform(options.platform, offered);
      })) {
    return Failure(Error{ExitCode::usage,
                         fmt::format("{}: has nothing for {}", bundle.name(), options.platform),
                         fmt::format("it is for {}", fmt::join(platforms, ", ")),
                         {}});
  }
  const auto wants = [&](ExtractWhat what) { return options.what == what || options.what == ExtractWhat::everything; };
  std::vector<Target> targets;
  if (wants(ExtractWhat::layout)) {
    if (options.platform.empty()) {
      for (const auto& row : bundle.manifest().blobs) {
        targets.push_back({.path = row.tar_name(), .digest = row.digest, .size = row.size});
      }
    } else {
      KF_TRY(add_platform_layout(bundle, options.platform, targets));
    }
  }
  if (wants(ExtractWhat::files)) {
    add_files(bundle, options.platform, targets);
    KF_TRY(add_manifests(bundle, targets));
  }
  if (wants(ExtractWhat::packages)) {
    add_packages(bundle, options.platform, targets);
  }
  return targets;
}

Status write_target(const Contents& contents, const SafeTree& tree, const Target& target, const std::string& unique) {
  if (!target.made.empty()) {
    MemorySource source(as_byte_view(target.made));
    return tree.put(target.path, source, target.mode, unique);
  }
  KF_TRY_ASSIGN(const auto source, contents.stream(target.digest));
  return tree.put(target.path, *source, target.mode, unique);
}

/// Known before the first byte, rather than after an hour. What is there with the right length is taken to be right.
Status check_space(const SafeTree& tree, const std::vector<Target>& targets) {
  std::uint64_t bytes = 0;
  const Target* longest = nullptr;
  for (const Target& target : targets) {
    if (!tree.has(target.path, target.size)) {
      bytes += target.size;
      longest = longest == nullptr || longest->size < target.size ? &target : longest;
    }
  }
  return longest == nullptr ? Status() : tree.check_fits(bytes, longest->path, longest->size);
}

Result<ExtractResult> write_targets(const Contents& contents, const std::vector<Target>& targets,
                                    const ExtractOptions& options) {
  KF_TRY_ASSIGN(const SafeTree tree, SafeTree::open(options.directory));
  KF_TRY(check_space(tree, targets));
  if (options.progress != nullptr) {
    std::uint64_t total = 0;
    std::ranges::for_each(targets, [&](const Target& target) { total += target.size; });
    options.progress->set_total(total);
  }
  std::atomic<std::uint64_t> files_written = 0;
  std::atomic<std::uint64_t> bytes_written = 0;
  std::atomic<std::uint64_t> files_kept = 0;
  std::atomic<std::uint64_t> bytes_kept = 0;
  KF_TRY(for_each_index(targets.size(), options.threads, options.stop, [&](std::size_t n) -> Status {
    const Target& target = targets[n];
    KF_TRY_ASSIGN(const bool there, tree.holds(target.path, target.digest, target.size, target.mode));
    if (!there) {
      KF_TRY(write_target(contents, tree, target, fmt::format(".kubeferry-{}-{}", ::getpid(), n)));
    }
    (there ? files_kept : files_written) += 1;
    (there ? bytes_kept : bytes_written) += target.size;
    if (options.progress != nullptr) {
      options.progress->add(target.size);
    }
    return {};
  }));
  KF_TRY(tree.sync());
  return ExtractResult{files_written, bytes_written, files_kept, bytes_kept};
}

}  // namespace

Result<ExtractResult> extract(const Bundle& bundle, const ExtractOptions& options) {
  KF_TRY_ASSIGN(const auto targets, targets_of(bundle, options));
  return write_targets(contents_of(bundle), targets, options);
}

Contents contents_of(const Bundle& bundle) {
  return {&bundle.manifest(), [&bundle](const crypto::Digest& digest) { return bundle.stream(digest); }};
}

Result<ExtractResult> extract_repository(const Contents& contents, const PackageRepository& repository,
                                         const ExtractOptions& options) {
  std::vector<Target> targets;
  add_repository(*contents.manifest, repository, "", targets);
  return write_targets(contents, targets, options);
}

}  // namespace kubeferry::bundle

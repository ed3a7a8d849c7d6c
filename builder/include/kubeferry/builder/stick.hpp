// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include <kubeferry/base/progress.hpp>
#include <kubeferry/base/result.hpp>
#include <kubeferry/bundle/bundle.hpp>
#include <kubeferry/crypto/digest.hpp>

namespace kubeferry::builder {

/// The script that checks and starts the program of the machine that it is run on.
inline constexpr std::string_view k_bootstrap = "kubeferry.sh";

struct StickOptions {
  std::filesystem::path directory;  ///< on the medium; made when missing, its parent must exist
  std::size_t threads = 1;
  Progress* progress = nullptr;  ///< gets its total and the bytes read; may be null
  std::stop_token stop;
};

/// A file on the medium, as it was read back from there.
struct StickFile {
  std::string name;
  crypto::Digest digest;  ///< SHA-256
  std::uint64_t size = 0;
  bool kept = false;  ///< was there already, with these bytes
};

struct StickResult {
  std::vector<StickFile> files;     ///< the bundle, its programs, the bootstrap script, SHA256SUMS
  std::vector<std::string> absent;  ///< platforms of the bundle that it carries no kubeferry for
};

/// Puts a bundle onto a medium with all that a bare machine needs to use it: the file itself, the kubeferry of each
/// platform that it carries (bundle::k_own_component) as kubeferry-linux-ARCH, k_bootstrap, which holds their SHA-256,
/// and SHA256SUMS over all of these. The bundle is verified first; every file is written under another name, made
/// durable, renamed, and read back from the medium. Not the key: it has to come another way. A bundle without any
/// kubeferry is put there with SHA256SUMS alone.
///
/// no_space error before anything is written when there is no room, or the medium cannot hold so long a file;
/// integrity errors of the bundle, and for a medium that gives back other bytes than it was given, whose file is
/// removed; usage error when the directory is where the bundle is; io errors; interrupted.
Result<StickResult> stick(const bundle::Bundle& bundle, const StickOptions& options);

}  // namespace kubeferry::builder

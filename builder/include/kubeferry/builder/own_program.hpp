// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <kubeferry/base/result.hpp>
#include <kubeferry/catalog/spec.hpp>
#include <kubeferry/platforms/platform.hpp>

// kubeferry itself, in the bundle: a site needs nothing else to verify, serve and install it.
namespace kubeferry::builder {

/// Where it lies on a node; its component is bundle::k_own_component.
inline constexpr std::string_view k_own_path = "/usr/local/bin/kubeferry";

/// "kubeferry-linux-arm64": what a release and a medium call it.
[[nodiscard]] std::string program_name(const platforms::Platform& platform);

struct OwnProgram {
  std::vector<catalog::FileSpec> files;  ///< one for each platform that there is a program for
  std::string absent;  ///< for people: which platforms there is none for; empty when there is for all,
                       ///< or when the bundle is not for making clusters (it has no Kubernetes)
};

/// Finds the static program for each platform of the spec. With `spec.program`, that path must name one for each: io
/// error when it is not there, integrity error when it is for another machine, usage error when it is not static. Else
/// what is right is taken from where releases put it, and what is not there is said by `absent`: beside `running` (the
/// running program), or in ../lib/kubeferry seen from there, as kubeferry-linux-ARCH; and `running` itself, when it is
/// static. Nothing at all when the spec says none, or a file of the spec's own goes to k_own_path.
Result<OwnProgram> own_program(const catalog::Spec& spec, const std::filesystem::path& running);

}  // namespace kubeferry::builder

// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/builder/own_program.hpp>

#include <fcntl.h>

#include <algorithm>

#include <kubeferry/base/fd.hpp>
#include <kubeferry/base/text.hpp>
#include <kubeferry/bundle/manifest.hpp>

namespace kubeferry::builder {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t k_headers = 4096;

/// Whether the file is a static program for `platform`: what is wrong with it otherwise.
Status check(const fs::path& path, const platforms::Platform& platform) {
  KF_TRY_ASSIGN(const Fd fd, open_file(path, O_RDONLY));
  FdSource source(fd.get(), path.native());
  KF_TRY_ASSIGN(const Bytes header, platforms::head_of(source, k_headers));
  if (platforms::of_elf(header) == nullptr) {
    return fail(ExitCode::integrity, "{}: is no executable for any platform", path.native());
  }
  KF_TRY(platforms::check_executable(header, platform, path.native()));
  if (!platforms::is_static(header)) {
    return Failure(Error{ExitCode::usage,
                         fmt::format("{}: needs libraries that a bare host does not have", path.native()),
                         "a release's kubeferry is static; so is what ci/build-static makes",
                         {}});
  }
  return {};
}

/// The places where a release's programs lie, seen from the running one.
fs::path find_beside(const fs::path& running, const platforms::Platform& platform) {
  std::vector<fs::path> places;
  if (!running.empty()) {
    const fs::path folder = running.parent_path();
    const std::string name = program_name(platform);
    places = {folder / name, folder.parent_path() / "lib" / "kubeferry" / name, running};
  }
  const auto found =
      std::ranges::find_if(places, [&](const fs::path& place) { return check(place, platform).has_value(); });
  return found == places.end() ? fs::path() : *found;
}

bool brought_by_user(const catalog::Spec& spec, const std::string& platform) {
  return std::ranges::any_of(spec.files, [&](const catalog::FileSpec& file) {
    return file.path == k_own_path &&
           (file.platforms.empty() || std::ranges::find(file.platforms, platform) != file.platforms.end());
  });
}

}  // namespace

std::string program_name(const platforms::Platform& platform) {
  return fmt::format("kubeferry-linux-{}", platform.architecture);
}

Result<OwnProgram> own_program(const catalog::Spec& spec, const fs::path& running) {
  OwnProgram out;
  std::string absent;
  for (const std::string& name : spec.platforms) {
    if (spec.program == "none" || brought_by_user(spec, name)) {
      continue;
    }
    KF_TRY_ASSIGN(const platforms::Platform* platform, platforms::find(name));
    fs::path path;
    if (spec.program.empty()) {
      path = find_beside(running, *platform);
    } else {
      path = expand(spec.program, {{"arch", platform->architecture}});
      KF_TRY(check(path, *platform));
    }
    if (path.empty()) {
      absent += fmt::format("{}{}", absent.empty() ? "" : ", ", name);
      continue;
    }
    catalog::FileSpec file;
    file.source = path.native();
    file.platforms = {name};
    file.path = k_own_path;
    file.mode = 0755;
    file.component = bundle::k_own_component;
    out.files.push_back(std::move(file));
  }
  // Who carries images alone has a registry in mind, not hosts.
  if (!absent.empty() && spec.kubernetes) {
    out.absent = fmt::format(
        "the bundle carries no kubeferry for {}: there is no static one beside the running program "
        "(docs/carrying.md; `kubeferry: none` in the spec says that none is wanted)",
        absent);
  }
  return out;
}

}  // namespace kubeferry::builder

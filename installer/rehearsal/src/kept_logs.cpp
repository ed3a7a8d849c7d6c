// SPDX-License-Identifier: Apache-2.0
#include "kept_logs.hpp"

#include <filesystem>

#include "mounting.hpp"
#include "plan.hpp"

namespace kubeferry::rehearsal {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view k_log_mark = ".of-a-rehearsal";

}  // namespace

void forget_logs(const std::string& target) {
  std::error_code ignored;
  if (fs::is_regular_file(fs::symlink_status(fmt::format("{}/{}", target, k_log_mark), ignored))) {
    fs::remove_all(target, ignored);
  }
}

Status keep_logs(const std::string& directory, const std::string& target) {
  forget_logs(target);
  std::error_code error;
  if (fs::exists(target, error) && !fs::is_empty(target, error)) {
    return fail(ExitCode::usage, "{} is there already, so the rehearsal's logs were not kept", target);
  }
  KF_TRY(make_folder(target, 0700));
  KF_TRY(make_file(fmt::format("{}/{}", target, k_log_mark), "", 0600));
  const std::pair<std::string, std::string_view> wanted[] = {
      {fmt::format("{}/logs", k_shared), "units"},
      {fmt::format("{}/var-lib-kubeferry/kubeadm", k_real), "kubeadm"},
      {fmt::format("{}/var/lib/kubeferry/kubeadm", k_upper), "kubeadm"},
      {fmt::format("{}/var/log/pods", k_upper), "pods"}};
  for (const auto& [from, to] : wanted) {
    const std::string source = fmt::format("{}/{}", directory, from);
    // The configuration that lies beside kubeadm's log has a token in it, though one that is good for nothing any more.
    if (fs::is_directory(source, error)) {
      fs::copy(source, fmt::format("{}/{}", target, to), fs::copy_options::recursive | fs::copy_options::skip_symlinks,
               error);
      if (error) {
        return fail_errno(error.value(), target);
      }
    }
  }
  return {};
}

}  // namespace kubeferry::rehearsal

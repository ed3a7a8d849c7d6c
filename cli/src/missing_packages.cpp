// SPDX-License-Identifier: Apache-2.0
#include "missing_packages.hpp"

#include <cstdio>

#include <kubeferry/host_packages/distribution.hpp>
#include <kubeferry/host_packages/install.hpp>
#include <kubeferry/preflight/report.hpp>
#include <kubeferry/runtime/detect.hpp>

#include "packages.hpp"

namespace kubeferry::cli {

Status check_all_but_packages(const Result<node::Draft>& draft, const Context& context) {
  if (!draft) {
    // For 32-bit ARM there is none but the distribution's.
    return runtime::is_about_no_runtime(draft.error()) ? Status() : Failure(draft.error());
  }
  auto findings = draft->findings;
  std::erase_if(findings, preflight::is_helped_by_packages);
  Status verdict = preflight::verdict(findings, draft->role);
  if (!verdict && context.format == Format::text) {
    std::fputs(preflight::report_text(findings, draft->role).c_str(), stderr);
  }
  return verdict;
}

Status install_missing_packages(const host::Host& host, const bundle::Contents& bundle, const Context& context) {
  KF_TRY_ASSIGN(const bundle::PackageRepository* repository, host_packages::for_host(*bundle.manifest, host, {}));
  KF_TRY_ASSIGN(const host_packages::Outcome outcome, install_packages(host, bundle, *repository, {}, context));
  context.console.info(outcome.installed.empty()
                           ? fmt::format("of {}'s packages this host lacks none", repository->name)
                           : fmt::format("installed {} packages from {}; `kubeferry reset` will leave them",
                                         outcome.installed.size(), repository->name));
  return {};
}

}  // namespace kubeferry::cli

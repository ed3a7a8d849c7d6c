// SPDX-License-Identifier: Apache-2.0
#include "labels.hpp"

namespace kubeferry::steps {

void relabel(const host::Host& host, const std::vector<std::string>& paths) {
  if (paths.empty() || !host.exists("/sys/fs/selinux/enforce")) {
    return;
  }
  const auto program = host.program("restorecon");
  if (!program) {
    return;
  }
  std::vector<std::string> argv{*program, "--"};
  argv.insert(argv.end(), paths.begin(), paths.end());
  (void)host.output_of(std::move(argv));
}

}  // namespace kubeferry::steps

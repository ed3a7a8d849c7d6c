// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/steps/run.hpp>

namespace kubeferry::steps {

Undoers basic_undoers() { return {}; }

}  // namespace kubeferry::steps

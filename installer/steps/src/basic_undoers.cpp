// SPDX-License-Identifier: Apache-2.0
#include "kinds.hpp"

namespace kubeferry::steps {

Undoers basic_undoers() {
  Undoers undoers;
  undoers.emplace(k_file, &undo_file);
  undoers.emplace(k_directory, &undo_directory);
  undoers.emplace(k_sysctl, &undo_sysctl);
  undoers.emplace(k_module, &undo_module);
  undoers.emplace(k_unit, &undo_unit);
  undoers.emplace(k_unit_files, &undo_unit_files);
  return undoers;
}

}  // namespace kubeferry::steps

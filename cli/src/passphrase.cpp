// SPDX-License-Identifier: Apache-2.0
#include "passphrase.hpp"

#include <CLI/CLI.hpp>

namespace kubeferry::cli {

void PassphraseOption::add_to(CLI::App& command, const std::string& description) {
  command.add_option("--passphrase-file", path, description)->type_name("FILE");
}

Result<std::optional<crypto::SecretText>> PassphraseOption::read() const {
  std::optional<crypto::SecretText> passphrase;
  if (!path.empty()) {
    KF_TRY_ASSIGN(passphrase, crypto::read_passphrase_file(path));
  }
  return passphrase;
}

}  // namespace kubeferry::cli

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include <kubeferry/base/result.hpp>
#include <kubeferry/crypto/secret.hpp>

namespace CLI {
class App;
}  // namespace CLI

namespace kubeferry::cli {

/// `--passphrase-file`: the only way in for a passphrase; never an argument, never asked for.
struct PassphraseOption {
  std::string path;

  void add_to(CLI::App& command, const std::string& description);
  /// The passphrase; nothing when the option was not given. Errors of crypto::read_passphrase_file().
  Result<std::optional<crypto::SecretText>> read() const;
};

}  // namespace kubeferry::cli

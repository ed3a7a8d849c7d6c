// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include <kubeferry/base/json.hpp>
#include <kubeferry/bundle/bundle.hpp>

#include "command.hpp"

namespace kubeferry::cli {

/// `--trust`: who may have signed. Every command that opens a bundle has it; none can do without.
struct TrustOption {
  std::string path;

  void add_to(CLI::App& command);
  /// The keyset; usage error, saying how to come by one, when the option was not given.
  Result<crypto::Keyset> load() const;
  /// Opens a bundle by it.
  Result<std::shared_ptr<const bundle::Bundle>> open(const std::string& file,
                                                     bundle::Reread reread = bundle::Reread::verify) const;
};

/// "linux/arm64" for any spelling of a platform; empty for empty. usage error otherwise.
Result<std::string> canonical_platform(const std::string& text);

/// "sha256:" and the first 12 digits: enough to tell apart what stands in one table.
[[nodiscard]] std::string short_digest(const std::string& digest);

/// Who signed, for people: "site (0123456789ab…)" and so on.
[[nodiscard]] std::string signers_text(const bundle::Bundle& bundle);
[[nodiscard]] Json signers_json(const bundle::Bundle& bundle);

/// Name, version, stream, sequence, times, sizes and signers: what verify and inspect both say first.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> identity_facts(const bundle::Bundle& bundle);
[[nodiscard]] Json identity_json(const bundle::Bundle& bundle);

}  // namespace kubeferry::cli

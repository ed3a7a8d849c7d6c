// SPDX-License-Identifier: Apache-2.0
#include "bundle_options.hpp"

#include <CLI/CLI.hpp>

#include <kubeferry/base/text.hpp>
#include <kubeferry/bundle/json_fields.hpp>
#include <kubeferry/platforms/platform.hpp>

namespace kubeferry::cli {

void TrustOption::add_to(CLI::App& command) {
  command.add_option("-t,--trust", path, "Public key or keyset that must have signed (required)")->type_name("PUB");
}

Result<crypto::Keyset> TrustOption::load() const {
  if (path.empty()) {
    return Failure(Error{ExitCode::usage,
                         "--trust is missing: a bundle is only believed when a key that you know has signed it",
                         "get NAME.pub from whoever builds the bundles, by another way than the bundle itself; "
                         "`kubeferry key generate NAME` makes such a pair",
                         {}});
  }
  return crypto::load_trust(path);
}

Result<std::shared_ptr<const bundle::Bundle>> TrustOption::open(const std::string& file, bundle::Reread reread) const {
  KF_TRY_ASSIGN(const crypto::Keyset trust, load());
  return bundle::Bundle::open(file, trust, reread);
}

Result<std::string> canonical_platform(const std::string& text) {
  if (text.empty()) {
    return text;
  }
  KF_TRY_ASSIGN(const platforms::Platform* const platform, platforms::find(text));
  return std::string(platform->name);
}

std::string short_digest(const std::string& digest) { return digest.substr(0, digest.find(':') + 1 + 12); }

std::string signers_text(const bundle::Bundle& bundle) {
  std::string text;
  for (const auto& signer : bundle.signers()) {
    text += fmt::format("{}{} (key {})", text.empty() ? "" : ", ", signer.name, signer.key_id.substr(0, 16));
  }
  return text;
}

Json signers_json(const bundle::Bundle& bundle) {
  Json all = Json::array();
  for (const auto& signer : bundle.signers()) {
    Json one;
    one.set("name", signer.name);
    one.set("keyId", signer.key_id);
    all.push(std::move(one));
  }
  return all;
}

std::vector<std::pair<std::string, std::string>> identity_facts(const bundle::Bundle& bundle) {
  const bundle::Manifest& m = bundle.manifest();
  return {{"name", m.name},
          {"version", m.version},
          {"stream", fmt::format("{}, sequence {}", m.stream, m.sequence)},
          {"created", to_rfc3339(m.created)},
          {"not after", m.not_after ? to_rfc3339(*m.not_after) : ""},
          {"audience", m.audience},
          {"kubernetes", m.kubernetes},
          {"platforms", fmt::format("{}", fmt::join(m.platforms, " "))},
          {"size", fmt::format("{} ({} bytes)", human_bytes(bundle.file_bytes()), bundle.file_bytes())},
          {"manifest", bundle.manifest_digest().to_string()},
          {"signed by", signers_text(bundle)}};
}

Json identity_json(const bundle::Bundle& bundle) {
  const bundle::Manifest& m = bundle.manifest();
  Json out;
  out.set("name", m.name);
  out.set("version", m.version);
  out.set("stream", m.stream);
  out.set("sequence", m.sequence);
  out.set("created", to_rfc3339(m.created));
  out.set("notAfter", m.not_after ? Json(to_rfc3339(*m.not_after)) : Json());
  out.set("audience", m.audience);
  out.set("kubernetes", m.kubernetes);
  out.set("platforms", bundle::to_json(m.platforms));
  out.set("bytes", bundle.file_bytes());
  out.set("manifestDigest", bundle.manifest_digest().to_string());
  out.set("signedBy", signers_json(bundle));
  return out;
}

}  // namespace kubeferry::cli

// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include <kubeferry/crypto/keyset.hpp>

namespace kubeferry::crypto {
namespace {

// Which key an envelope's signature is by; a sentence when it does not count.
struct Finding {
  const TrustedKey* key = nullptr;
  std::string fault;
};

Finding judge(const Keyset& keyset, ByteView message, const EnvelopeSignature& signature) {
  if (signature.key_id.empty()) {
    for (const TrustedKey& candidate : keyset.keys()) {
      if (!keyset.is_revoked(candidate.key.key_id()) && candidate.key.verify(message, signature.signature)) {
        return {&candidate, {}};
      }
    }
    return {nullptr, "the signature without key id is by no trusted key"};
  }
  if (keyset.is_revoked(signature.key_id)) {
    return {nullptr, fmt::format("key {} is revoked", signature.key_id)};
  }
  const TrustedKey* const key = keyset.find(signature.key_id);
  if (key == nullptr) {
    return {nullptr, fmt::format("key {} is unknown", signature.key_id)};
  }
  if (!key->key.verify(message, signature.signature)) {
    return {nullptr, fmt::format("the signature by key {} ({}) is bad", signature.key_id, key->name)};
  }
  return {key, {}};
}

Failure too_few(const Keyset& keyset, std::size_t good, const std::vector<std::string>& faults) {
  std::string message = keyset.threshold() == 1
                            ? std::string("no good signature by a trusted key")
                            : fmt::format("{} of {} needed signatures hold", good, keyset.threshold());
  for (const std::string& fault : faults) {
    message.append(&fault == faults.data() ? ": " : "; ").append(fault);
  }
  return Failure(Error{ExitCode::signature, std::move(message), {}, {}}.with_hint(
      "give the right public key or keyset with --trust, or have it signed by the keys that are missing"));
}

}  // namespace

Result<std::vector<VerifiedBy>> verify_signatures(const Keyset& keyset, std::string_view payload_type, ByteView payload,
                                                  const Envelope& envelope) {
  if (envelope.signatures.empty()) {
    return fail(ExitCode::signature, "it is not signed");
  }
  if (envelope.signatures.size() > k_max_envelope_signatures) {
    return fail(ExitCode::limit, "{} signatures; at most {} are looked at", envelope.signatures.size(),
                k_max_envelope_signatures);
  }
  if (envelope.payload_type != payload_type) {
    return fail(ExitCode::signature, "it is signed as {}, not as {}", envelope.payload_type, payload_type);
  }
  const Bytes message = pae(payload_type, payload);
  std::set<const TrustedKey*> good;
  std::vector<std::string> faults;
  for (const EnvelopeSignature& signature : envelope.signatures) {
    Finding finding = judge(keyset, message, signature);
    if (finding.key == nullptr) {
      faults.push_back(std::move(finding.fault));
    } else if (!good.insert(finding.key).second) {
      faults.push_back(fmt::format("key {} counts once", finding.key->key.key_id()));
    }
  }
  if (good.size() < keyset.threshold()) {
    return too_few(keyset, good.size(), faults);
  }
  std::vector<VerifiedBy> verified;
  for (const TrustedKey& key : keyset.keys()) {
    if (good.contains(&key)) {
      verified.push_back({key.key.key_id(), key.name});
    }
  }
  return verified;
}

Result<Keyset> accept_successor(const Keyset& current, std::string_view next, const Envelope& envelope) {
  if (next.size() > k_max_keyset_bytes) {
    return fail(ExitCode::limit, "next keyset: larger than {} bytes", k_max_keyset_bytes);
  }
  // The old keys vouch for these bytes before they are parsed; only the bytes themselves say who the new keys are.
  if (auto old = verify_signatures(current, k_keyset_payload_type, as_byte_view(next), envelope); !old) {
    return Failure(std::move(old).error().prefixed("next keyset, by the current keys"));
  }
  KF_TRY_ASSIGN(Keyset keyset, Keyset::parse(next, "next keyset"));
  if (current.version() == UINT64_MAX || keyset.version() != current.version() + 1) {
    return fail(ExitCode::signature, "next keyset: has version {}, which does not follow {}", keyset.version(),
                current.version());
  }
  if (auto own = verify_signatures(keyset, k_keyset_payload_type, as_byte_view(next), envelope); !own) {
    return Failure(std::move(own).error().prefixed("next keyset, by its own keys"));
  }
  return keyset;
}

Result<Keyset> accept_chain(Keyset current, std::span<const SignedKeyset> chain) {
  if (chain.size() > k_max_keyset_hops) {
    return fail(ExitCode::limit, "{} keyset rotations; at most {} are followed", chain.size(), k_max_keyset_hops);
  }
  for (const SignedKeyset& next : chain) {
    KF_TRY_ASSIGN(current, accept_successor(current, next.text, next.envelope));
  }
  return current;
}

}  // namespace kubeferry::crypto

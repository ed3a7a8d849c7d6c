// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/crypto/dsse.hpp>

#include <algorithm>
#include <tuple>

#include <kubeferry/base/json.hpp>
#include <kubeferry/base/text.hpp>

namespace kubeferry::crypto {
namespace {

constexpr std::uint32_t k_envelope_depth = 4;
constexpr std::size_t k_max_signature_text = 1024;

Result<EnvelopeSignature> parse_signature(const JsonView& json) {
  KF_TRY_ASSIGN(const auto members, json.members());
  for (const auto& [key, value] : members) {
    if (key != "keyid" && key != "sig") {
      return fail(ExitCode::signature, "{}: a signature has only keyid and sig; the algorithm belongs to the key",
                  value.path());
    }
  }
  EnvelopeSignature signature;
  KF_TRY_ASSIGN(signature.key_id, json.string_or("keyid", ""));
  KF_TRY_ASSIGN(const std::string text, json.string("sig"));
  if (signature.key_id.size() > k_max_key_id_bytes || text.size() > k_max_signature_text) {
    return fail(ExitCode::limit, "{}: key id or signature too long", json.path());
  }
  auto bytes = from_base64(text);
  if (!bytes || bytes->empty()) {
    return fail(ExitCode::signature, "{}.sig: is not base64", json.path());
  }
  signature.signature = std::move(*bytes);
  return signature;
}

}  // namespace

Bytes pae(std::string_view payload_type, ByteView payload) {
  const std::string head = fmt::format("DSSEv1 {} {} {} ", payload_type.size(), payload_type, payload.size());
  Bytes bytes;
  bytes.reserve(head.size() + payload.size());
  const ByteView head_bytes = as_byte_view(head);
  bytes.insert(bytes.end(), head_bytes.begin(), head_bytes.end());
  bytes.insert(bytes.end(), payload.begin(), payload.end());
  return bytes;
}

Result<Envelope> Envelope::parse(std::string_view text, std::string_view what) {
  KF_TRY_ASSIGN(const Json json, parse_json(text, what, {.bytes = k_max_envelope_bytes, .depth = k_envelope_depth}));
  const JsonView view(json, std::string(what));
  KF_TRY(view.only({"payloadType", "signatures"}));
  Envelope envelope;
  KF_TRY_ASSIGN(envelope.payload_type, view.string("payloadType"));
  if (envelope.payload_type.size() > k_max_payload_type_bytes) {
    return fail(ExitCode::limit, "{}.payloadType: longer than {} bytes", what, k_max_payload_type_bytes);
  }
  KF_TRY_ASSIGN(const auto elements, view.elements("signatures"));
  if (elements.size() > k_max_envelope_signatures) {
    return fail(ExitCode::limit, "{}: {} signatures; at most {} are looked at", what, elements.size(),
                k_max_envelope_signatures);
  }
  for (const JsonView& element : elements) {
    KF_TRY_ASSIGN(EnvelopeSignature signature, parse_signature(element));
    envelope.signatures.push_back(std::move(signature));
  }
  return envelope;
}

std::string Envelope::to_text() const {
  std::vector<EnvelopeSignature> sorted = signatures;
  std::sort(sorted.begin(), sorted.end(), [](const EnvelopeSignature& a, const EnvelopeSignature& b) {
    return std::tie(a.key_id, a.signature) < std::tie(b.key_id, b.signature);
  });
  Json list = Json::array();
  for (const EnvelopeSignature& signature : sorted) {
    Json entry = Json::object();
    entry.set("keyid", signature.key_id).set("sig", to_base64(signature.signature));
    list.push(std::move(entry));
  }
  Json json = Json::object();
  json.set("payloadType", payload_type).set("signatures", std::move(list));
  return kubeferry::to_text(json);
}

Status add_signature(Envelope& envelope, const PrivateKey& key, ByteView payload) {
  KF_TRY_ASSIGN(Bytes signature, key.sign(pae(envelope.payload_type, payload)));
  const std::string& key_id = key.public_key().key_id();
  std::erase_if(envelope.signatures, [&](const EnvelopeSignature& old) { return old.key_id == key_id; });
  if (envelope.signatures.size() >= k_max_envelope_signatures) {
    return fail(ExitCode::limit, "an envelope holds at most {} signatures", k_max_envelope_signatures);
  }
  envelope.signatures.push_back({key_id, std::move(signature)});
  return {};
}

}  // namespace kubeferry::crypto

// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/kubeadm/documents.hpp>
#include <kubeferry/kubeadm/secrets.hpp>

#include "merge.hpp"
#include "node_registration.hpp"
#include "user_file.hpp"

namespace kubeferry::kubeadm {
namespace {

constexpr std::string_view k_discovery = "discovery.bootstrapToken";
constexpr std::string_view k_hashes = "discovery.bootstrapToken.caCertHashes";

/// The authority is verified, whoever would rather not.
Status refuse_unsafe(const Merger& join) {
  const std::string path = fmt::format("{}.unsafeSkipCAVerification", k_discovery);
  KF_TRY_ASSIGN(const std::string unsafe, join.text(path));
  if (!unsafe.empty() && unsafe != "false") {
    return join.wrong(*join.document().find_path(path), fmt::format("{} is never accepted", path),
                      "anybody on the network could pose as the control plane; give caCertHashes instead");
  }
  return {};
}

Failure missing(std::string_view what, std::string_view flag) {
  return Failure(fail(ExitCode::usage, "nothing says {}", what)
                     .value()
                     .with_hint(fmt::format("give a join pack, {}, or a configuration file with it", flag)));
}

Status set_token(const Merger& join, const JoinInput& input) {
  if (input.token != nullptr) {
    KF_TRY(join.demand("discovery.bootstrapToken.token", YamlNode::string(input.token->view()), "was given",
                       Disclosure::secret));
  }
  KF_TRY_ASSIGN(const std::string token, join.text("discovery.bootstrapToken.token"));
  if (token.empty()) {
    return missing("which bootstrap token to use", "--token-file");
  }
  KF_TRY(check_token(token));
  return join.fill("discovery.tlsBootstrapToken", token);
}

Status set_hashes(const Merger& join, const JoinInput& input) {
  if (!input.ca_cert_hashes.empty()) {
    KF_TRY(join.demand(k_hashes, YamlNode::strings(input.ca_cert_hashes), "the cluster's is"));
  }
  KF_TRY_ASSIGN(const std::vector<std::string> hashes, join.texts(k_hashes));
  if (hashes.empty()) {
    return missing("which authority the cluster has", "--discovery-token-ca-cert-hash");
  }
  for (const std::string& hash : hashes) {
    KF_TRY(check_ca_cert_hash(hash));
  }
  return {};
}

Status set_discovery(const Merger& join, const JoinInput& input, Facts& facts) {
  const YamlNode* const by_file = join.document().find_path("discovery.file");
  if (by_file != nullptr && by_file->kind != YamlNode::Kind::null) {
    if (input.token != nullptr || !input.ca_cert_hashes.empty() || !input.api_server_endpoint.empty()) {
      return join.wrong(*by_file, "discovery.file excludes a token and an endpoint given otherwise",
                        "use one way of discovery");
    }
    return {};
  }
  KF_TRY(refuse_unsafe(join));
  if (!input.api_server_endpoint.empty()) {
    KF_TRY(join.demand("discovery.bootstrapToken.apiServerEndpoint", YamlNode::string(input.api_server_endpoint),
                       "the endpoint given is"));
  }
  KF_TRY_ASSIGN(facts.api_server_endpoint, join.text("discovery.bootstrapToken.apiServerEndpoint"));
  if (facts.api_server_endpoint.empty()) {
    return missing("where the cluster's API server is", "HOST:PORT");
  }
  KF_TRY(set_token(join, input));
  return set_hashes(join, input);
}

Status set_control_plane(const Merger& join, const JoinInput& input, Facts& facts) {
  const YamlNode* const present = join.document().find("controlPlane");
  facts.control_plane =
      input.control_plane.has_value() || (present != nullptr && present->kind != YamlNode::Kind::null);
  if (!facts.control_plane) {
    return {};
  }
  KF_TRY(set_endpoint(join, "controlPlane.localAPIEndpoint", input.node, input.defaults));
  if (input.control_plane && input.control_plane->certificate_key != nullptr) {
    KF_TRY(check_certificate_key(input.control_plane->certificate_key->view()));
    KF_TRY(join.demand("controlPlane.certificateKey", YamlNode::string(input.control_plane->certificate_key->view()),
                       "was given", Disclosure::secret));
  }
  return {};
}

}  // namespace

Result<Documents> join_documents(const JoinInput& input) {
  KF_TRY_ASSIGN(DocumentSet set, read_documents(input.file, input.kubeadm));
  Documents made;
  made.facts.api_version = set.api;
  const Merger join(set.get("JoinConfiguration", set.kubeadm_api()), set.file);
  KF_TRY(set_discovery(join, input, made.facts));
  KF_TRY(register_node(join, set.api, input.node, input.defaults));
  KF_TRY(set_control_plane(join, input, made.facts));
  KF_TRY(set_phases(join, set.api, input.kubeadm, input.node, made.arguments));
  if (set.api >= ApiVersion::v1beta4) {
    KF_TRY(set_timeouts(join, input.timeouts));
  } else if (input.timeouts.discovery) {
    KF_TRY(join.fill("discovery.timeout", go_duration(*input.timeouts.discovery)));
  }
  KF_TRY(read_node_facts(join, input.node, "controlPlane.localAPIEndpoint", made.facts));
  made.redacted = emit_yaml(set.documents, SecretValues::hidden);
  made.text = crypto::SecretText(emit_yaml(set.documents));
  return made;
}

}  // namespace kubeferry::kubeadm

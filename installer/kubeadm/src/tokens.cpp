// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <kubeferry/base/json.hpp>
#include <kubeferry/kubeadm/api_version.hpp>
#include <kubeferry/kubeadm/cluster.hpp>
#include <kubeferry/kubeadm/secrets.hpp>

#include "administration.hpp"
#include "invoke.hpp"
#include "json_stream.hpp"
#include "node_registration.hpp"

namespace kubeferry::kubeadm {
namespace {

constexpr std::string_view k_list = "kubeadm token list";

Result<std::vector<std::string>> texts(const JsonView& object, std::string_view key) {
  std::vector<std::string> values;
  const auto member = object.optional_member(key);
  if (member && !member->value().is_null()) {
    KF_TRY_ASSIGN(const auto elements, member->elements());
    for (const JsonView& element : elements) {
      KF_TRY_ASSIGN(values.emplace_back(), element.string());
    }
  }
  return values;
}

Result<Token> token_of(const JsonView& object) {
  KF_TRY_ASSIGN(const crypto::SecretText whole,
                object.string("token").map([](std::string text) { return crypto::SecretText(std::move(text)); }));
  Token token;
  token.id = token_id(whole.view());
  KF_TRY_ASSIGN(token.description, object.string_or("description", ""));
  KF_TRY_ASSIGN(const std::string expires, object.string_or("expires", ""));
  if (!expires.empty()) {
    KF_TRY_ASSIGN(token.expires, parse_rfc3339(expires));
  }
  KF_TRY_ASSIGN(token.usages, texts(object, "usages"));
  KF_TRY_ASSIGN(token.groups, texts(object, "groups"));
  return token;
}

bool is_token_id(std::string_view id) {
  return id.size() == 6 && id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789") == std::string_view::npos;
}

}  // namespace

Result<std::vector<Token>> list_tokens(const host::Host& host, const Program& program) {
  const Command command{.argv = administer(program, {"token", "list", "-o", "json"}), .timeout = k_quick};
  KF_TRY_ASSIGN(const ProcessOutput output, invoke(host, command, k_list));
  std::vector<Token> tokens;
  for (const std::string_view piece : split_json(output.out)) {
    KF_TRY_ASSIGN(const Json document, parse_json(piece, k_list));
    KF_TRY_ASSIGN(tokens.emplace_back(), token_of(JsonView(document, std::string(k_list))));
  }
  return tokens;
}

Status create_token(const host::Host& host, const Program& program, const NewToken& token) {
  KF_TRY(check_token(token.token->view()));
  YamlNode made = YamlNode::mapping();
  made.set("token", YamlNode::string(token.token->view()));
  if (!token.description.empty()) {
    made.set("description", YamlNode::string(token.description));
  }
  made.set("ttl", YamlNode::string(go_duration(token.ttl)));
  YamlNode tokens = YamlNode::sequence();
  tokens.items.push_back(std::move(made));
  DocumentSet set = administration_documents(program.version);
  set.documents.front().set("bootstrapTokens", std::move(tokens));
  const crypto::SecretText config(emit_yaml(set.documents));
  const ConfigCall call{.argv = administer(program, {"token", "create"}), .name = "kubeadm token create"};
  KF_TRY(invoke_with(host, program, call, config.view()));
  return {};
}

Status delete_token(const host::Host& host, const Program& program, std::string_view id) {
  if (!is_token_id(id)) {
    return Failure(fail(ExitCode::usage, "\"{}\" is no token id", printable(id))
                       .value()
                       .with_hint("it is the six characters before the dot, as kubeferry token list shows them"));
  }
  const Command command{.argv = administer(program, {"token", "delete", std::string(id)}), .timeout = k_quick};
  KF_TRY(invoke(host, command, "kubeadm token delete"));
  return {};
}

}  // namespace kubeferry::kubeadm

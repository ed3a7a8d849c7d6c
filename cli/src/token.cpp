// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include <CLI/CLI.hpp>

#include <kubeferry/kubeadm/cluster.hpp>
#include <kubeferry/kubeadm/secrets.hpp>
#include <kubeferry/source/join_pack.hpp>

#include "cluster_access.hpp"
#include "command.hpp"
#include "node_options.hpp"
#include "output.hpp"
#include "table.hpp"

namespace kubeferry::cli {

namespace {

struct TokenOptions {
  std::string ttl = "2h";
  std::string description;
  std::string id;
};

TimePoint now() { return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()); }

Status run_list(const Context& context) {
  const host::Host host = host::Host::local();
  KF_TRY_ASSIGN(const ClusterAccess access, cluster_access(host, "token list"));
  KF_TRY_ASSIGN(const auto tokens, kubeadm::list_tokens(host, access.kubeadm));
  if (context.format == Format::json) {
    Json list = Json::array();
    for (const auto& token : tokens) {
      Json item;
      item.set("id", token.id).set("description", token.description);
      item.set("expires", token.expires ? Json(to_rfc3339(*token.expires)) : Json());
      list.push(std::move(item));
    }
    Json out;
    out.set("tokens", std::move(list));
    return print_json(out);
  }
  if (tokens.empty()) {
    return print("the cluster has no tokens\n");
  }
  Table table({{"ID"}, {"EXPIRES"}, {"GOOD"}, {"DESCRIPTION"}});
  for (const auto& token : tokens) {
    table.row({token.id, token.expires ? to_rfc3339(*token.expires) : "never",
               token.expires ? source::validity_text(*token.expires, now()) : "for ever", token.description});
  }
  return print(table.text());
}

Status run_create(const TokenOptions& options, const Context& context) {
  KF_TRY_ASSIGN(const auto ttl, parse_duration(options.ttl, "--ttl"));
  const host::Host host = host::Host::local();
  KF_TRY_ASSIGN(const ClusterAccess access, cluster_access(host, "token create"));
  KF_TRY_ASSIGN(const crypto::SecretText token, kubeadm::generate_token());
  KF_TRY(
      kubeadm::create_token(host, access.kubeadm, {.token = &token, .ttl = ttl, .description = options.description}));
  if (context.format == Format::json) {
    Json out;
    out.set("token", token.view()).set("id", kubeadm::token_id(token.view()));
    out.set("expires", to_rfc3339(now() + ttl));
    return print_json(out);
  }
  return print(fmt::format("{}\n", token.view()));
}

Status run_delete(const TokenOptions& options, const Context& context) {
  if (options.id.find('.') != std::string::npos) {
    return Failure(Error{ExitCode::usage,
                         "everybody on this machine can read command lines: a token is deleted by its id",
                         "give only what stands before the dot",
                         {}});
  }
  const host::Host host = host::Host::local();
  KF_TRY_ASSIGN(const ClusterAccess access, cluster_access(host, "token delete"));
  KF_TRY(kubeadm::delete_token(host, access.kubeadm, options.id));
  if (context.format == Format::json) {
    Json out;
    out.set("deleted", options.id);
    return print_json(out);
  }
  return print(fmt::format("token {} is deleted\n", options.id));
}

}  // namespace

void add_token(CLI::App& app, Commands& commands) {
  CLI::App* token = app.add_subcommand("token", "List, make and delete the tokens by which nodes join");
  token->require_subcommand(1);
  auto options = std::make_shared<TokenOptions>();

  CLI::App* list = token->add_subcommand("list", "Print the cluster's tokens, without their secret parts");
  commands.add_format(list);
  commands.on(list, [](const Context& context) { return run_list(context); });

  CLI::App* create = token->add_subcommand("create", "Make a token and print it, once");
  create->add_option("--ttl", options->ttl, "How long it is good; default 2h")->type_name("DURATION");
  create->add_option("--description", options->description, "What it is for")->type_name("TEXT");
  commands.add_format(create);
  commands.on(create, [options](const Context& context) { return run_create(*options, context); });

  CLI::App* remove = token->add_subcommand("delete", "Make a token useless");
  remove->add_option("ID", options->id, "The six characters before the dot")->required();
  commands.add_format(remove);
  commands.on(remove, [options](const Context& context) { return run_delete(*options, context); });
}

}  // namespace kubeferry::cli

// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include <CLI/CLI.hpp>

#include <kubeferry/kubeadm/cluster.hpp>
#include <kubeferry/node/after_init.hpp>
#include <kubeferry/node/packs.hpp>
#include <kubeferry/source/join_pack.hpp>
#include <kubeferry/steps/journal.hpp>

#include "cluster_access.hpp"
#include "command.hpp"
#include "node_options.hpp"
#include "output.hpp"

namespace kubeferry::cli {

namespace {

struct JoinPackOptions {
  std::string ttl = "2h";
  std::string file = "./join.pack";
  bool control_plane = false;
};

/// What this node was told when it became one; empty when its journal does not say.
std::string own_socket(const host::Host& host) {
  const auto journal = steps::Journal::peek(host);
  if (!journal) {
    return {};
  }
  for (const char* verb : {"init", "join"}) {
    const Json* facts = journal->run(verb);
    const Json* socket = facts == nullptr ? nullptr : facts->find("criSocket");
    if (socket != nullptr && socket->as_string() != nullptr) {
      return *socket->as_string();
    }
  }
  return {};
}

Status answer(const JoinPackOptions& options, const source::JoinPack& pack, Format format) {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  if (format == Format::json) {
    Json out;
    out.set("joinPack", options.file).set("endpoint", pack.endpoint).set("controlPlane", options.control_plane);
    out.set("bundleManifest", pack.bundle_manifest.to_string());
    out.set("expires", to_rfc3339(pack.token_expires));
    out.set("certificateKeyExpires", pack.certificate_key ? Json(to_rfc3339(pack.certificate_key->expires)) : Json());
    return print_json(out);
  }
  std::string text = fmt::format("{} lets nodes join {} {}; it holds a secret, so carry it as one and delete it then\n",
                                 options.file, pack.endpoint, source::validity_text(pack.token_expires, now));
  if (pack.certificate_key) {
    text +=
        fmt::format("control planes can join with it {}\n", source::validity_text(pack.certificate_key->expires, now));
  }
  text +=
      fmt::format("  take it and kubeferry to the next node, then\n    kubeferry join --pack join.pack{} --trust KEY\n",
                  options.control_plane ? " --control-plane" : "");
  return print(text);
}

Status run_create(const JoinPackOptions& options, const Context& context) {
  KF_TRY_ASSIGN(const auto ttl, parse_duration(options.ttl, "--ttl"));
  const host::Host host = host::Host::local();
  KF_TRY_ASSIGN(const ClusterAccess access, cluster_access(host, "join-pack create"));
  const node::Kubectl kubectl(host, access.kubectl, host.at(node::k_admin_conf).native());
  KF_TRY_ASSIGN(
      const source::JoinPack pack,
      node::new_join_pack(host, kubectl, access.kubeadm,
                          {.cri_socket = own_socket(host), .ttl = ttl, .certificates = options.control_plane}));
  KF_TRY(source::write_join_pack(options.file, pack));
  return answer(options, pack, context.format);
}

}  // namespace

void add_join_pack(CLI::App& app, Commands& commands) {
  CLI::App* pack = app.add_subcommand("join-pack", "Make the file by which other hosts join this cluster");
  pack->require_subcommand(1);
  auto options = std::make_shared<JoinPackOptions>();
  CLI::App* create = pack->add_subcommand("create", "Write a new join pack, with a token of its own");
  create->add_option("--ttl", options->ttl, "How long it is good; default 2h")->type_name("DURATION");
  create->add_flag("--control-plane", options->control_plane,
                   "Put into it what another control plane needs; that part is good for 2h at most");
  // --output is what every command says the format by.
  create->add_option("-o,--file", options->file, "Where to; default ./join.pack")->type_name("FILE");
  commands.add_format(create);
  commands.on(create, [options](const Context& context) { return run_create(*options, context); });
}

}  // namespace kubeferry::cli

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <kubeferry/bundle/bundle.hpp>
#include <kubeferry/crypto/keyset.hpp>
#include <kubeferry/host/host.hpp>
#include <kubeferry/kubeadm/documents.hpp>
#include <kubeferry/node/after_init.hpp>
#include <kubeferry/node/site_registry.hpp>
#include <kubeferry/node/talk.hpp>
#include <kubeferry/preflight/check.hpp>
#include <kubeferry/source/join_pack.hpp>
#include <kubeferry/steps/journal.hpp>

// init and join: from a bundle and a bare host to a node.
namespace kubeferry::node {

/// Where things are on a node; all below steps::k_state_directory.
inline constexpr std::string_view k_bundle_directory = "/var/lib/kubeferry/bundles";
inline constexpr std::string_view k_kubeadm_directory = "/var/lib/kubeferry/kubeadm";
inline constexpr std::string_view k_join_pack = "/var/lib/kubeferry/join.pack";
inline constexpr std::string_view k_trust_file = "/etc/kubeferry/trust.json";

struct CommonOptions {
  crypto::Keyset trust;
  std::string trust_file;  ///< where it was read from, for advice
  kubeadm::NodeFlags node;
  std::optional<kubeadm::ConfigFile> file;  ///< the user's own kubeadm configuration
  kubeadm::Timeouts timeouts;
  std::set<std::string> ignored;  ///< preflight findings, from preflight::parse_ignored()
  std::uint16_t registry_port = 5000;
  bool preload = false;                ///< images are imported out of the bundle instead of pulled
  std::chrono::seconds patience{600};  ///< for the node, and what runs on it, to be Ready
};

struct InitOptions {
  CommonOptions common;
  std::shared_ptr<const bundle::Bundle> bundle;
  kubeadm::ClusterFlags cluster;
  std::optional<SiteRegistry> site;  ///< instead of a registry on this node
  Caller caller;
  bool single_node = false;          ///< Pods may run on this control plane
  bool upload_certificates = false;  ///< so that further control planes can join with the pack
  bool rehearsal = false;            ///< on a copy of the machine (docs/adr/0022): kubeadm::InitInput::rehearsal
  std::chrono::seconds token_ttl{std::chrono::hours(2)};
};

struct JoinOptions {
  CommonOptions common;
  source::JoinPack pack;
  source::JoinAs as = source::JoinAs::worker;
  std::string pack_name;                                    ///< for messages
  bool pack_is_file = false;                                ///< and not put together from options
  std::shared_ptr<registry::CredentialSource> credentials;  ///< for a site's registry; may be null
};

/// What an installation is going to do. Nothing was changed to make it.
struct Draft {
  std::vector<preflight::Finding> findings;
  preflight::Role role = preflight::Role::init;
  std::vector<std::string> kept;  ///< what the host has already, for people
  steps::Plan plan;
  kubeadm::Facts kubeadm;
  std::string kubectl;               ///< path
  std::string kubeadm_program;       ///< path, once installed
  std::shared_ptr<const void> held;  ///< what the plan refers to
  /// Shared with the plan's steps: time that is not ours.
  std::shared_ptr<std::chrono::steady_clock::duration> elsewhere =
      std::make_shared<std::chrono::steady_clock::duration>();
  Json facts;  ///< for the journal; no secrets
};

/// Surveys, checks and plans. Errors of survey(), kubeadm::init_documents(), wanted_images(); findings are not errors
/// here: ask preflight::verdict().
Result<Draft> draft_init(const host::Host& host, const InitOptions& options, const steps::Journal& journal,
                         const Talk& talk);
Result<Draft> draft_join(const host::Host& host, const JoinOptions& options, const steps::Journal& journal,
                         const Talk& talk);

struct Outcome {
  std::size_t applied = 0;
  std::size_t kept = 0;
  std::chrono::milliseconds ours{0};       ///< of the whole, without what kubeadm took and what was waited for Pods
  std::chrono::milliseconds elsewhere{0};  ///< that
};

/// Does what the draft says, waits until the node is Ready, and (init) writes the join pack. Errors of the steps; the
/// host then is as the journal says: running the same again goes on, `kubeferry reset` takes it back.
Result<Outcome> carry_out_init(const host::Host& host, const InitOptions& options, Draft draft, steps::Journal& journal,
                               const Talk& talk);
Result<Outcome> carry_out_join(const host::Host& host, const JoinOptions& options, Draft draft, steps::Journal& journal,
                               const Talk& talk);

/// Undoes all that the journal says. Errors as steps::undo_all(); nothing to do is no error.
struct ResetOptions {
  bool forget = false;  ///< also the memory of accepted bundles, by which a rollback is known
};
Status reset(const host::Host& host, const ResetOptions& options, steps::Journal& journal, const Talk& talk);

}  // namespace kubeferry::node

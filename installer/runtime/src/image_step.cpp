// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/runtime/images.hpp>
#include <kubeferry/steps/basic_steps.hpp>

#include "leases.hpp"

namespace kubeferry::runtime {

namespace {

/// Empty: as wanted.
Result<std::string> state(const host::Host& host, const CriClient& client, const WantedImage& wanted) {
  KF_TRY_ASSIGN(const auto images, list_images(host, client));
  return image_problem(host, client, images, wanted);
}

Result<bool> is_there(const host::Host& host, const CriClient& client, const WantedImage& wanted) {
  KF_TRY_ASSIGN(const auto images, list_images(host, client));
  return find_image(images, wanted.reference) != nullptr;
}

/// containerd's records of an image are on the disk at once, the files that it has unpacked only when the kernel gets
/// round to it: after a power cut they would be empty, and nobody would unpack them again.
Status flush_store(const host::Host& host) {
  std::vector<std::string> argv = {host.program("sync").value_or("/bin/sync")};
  for (const std::string store : {"/var/lib/containerd", "/var/lib/containers"}) {
    if (host.exists(store)) {
      argv.insert(argv.end(), {"-f", store});
      break;
    }
  }
  auto done = host.output_of(std::move(argv), std::chrono::minutes(10));
  return done ? Status() : propagate(std::move(done));
}

/// In a store of ours an image without a pin is one whose pull was cut short before flush_store().
Result<bool> may_be_damaged(const host::Host& host, const CriClient& client, const WantedImage& wanted,
                            UndoImages undo) {
  if (undo != UndoImages::never || client.ctr.empty()) {
    return false;
  }
  KF_TRY_ASSIGN(const auto stored, stored_image(host, client, wanted.reference));
  return stored && !stored->pin_written;
}

Status make_so(const host::Host& host, const CriClient& client, const WantedImage& wanted, UndoImages undo,
               const BringImage& bring) {
  KF_TRY_ASSIGN(auto images, list_images(host, client));
  bool was_there = find_image(images, wanted.reference) != nullptr;
  if (was_there) {
    KF_TRY_ASSIGN(const bool damaged, may_be_damaged(host, client, wanted, undo));
    if (damaged) {
      KF_TRY(remove_image(host, client, wanted.reference));
      KF_TRY_ASSIGN(images, list_images(host, client));
      was_there = false;
    }
  }
  KF_TRY_ASSIGN(const std::string before, image_problem(host, client, images, wanted));
  if (!before.empty()) {
    KF_TRY(drop_leases_of_the_dead(host, client));
    KF_TRY(bring(host, client, wanted));
    KF_TRY_ASSIGN(const std::string problem, state(host, client, wanted));
    if (!problem.empty()) {
      Error error{ExitCode::integrity,
                  fmt::format("{}: {}", wanted.reference, problem),
                  "what the registry gives is not what the bundle's signed manifest says",
                  {}};
      // Nobody else may take it for the right one. What was there before stays its owner's affair.
      if (const Status removed = was_there ? Status() : remove_image(host, client, wanted.reference); !removed) {
        error.hint += fmt::format("; it could not be removed again: {}", removed.error().message);
      }
      return Failure(std::move(error));
    }
  }
  KF_TRY(flush_store(host));
  return pin_image(host, client, wanted.reference);
}

Status undo_image(const host::Host& host, const steps::Entry& entry) {
  const JsonView prior(entry.prior, "image");
  KF_TRY_ASSIGN(const std::string what, prior.string("undo"));
  if (what != "remove") {
    return {};
  }
  CriClient client;
  KF_TRY_ASSIGN(client.crictl, prior.string("crictl"));
  KF_TRY_ASSIGN(client.endpoint, prior.string("endpoint"));
  KF_TRY_ASSIGN(client.ctr, prior.string("ctr"));
  KF_TRY_ASSIGN(client.configuration, prior.string("configuration"));
  return remove_image(host, client, entry.target);
}

}  // namespace

std::unique_ptr<const steps::Step> image_step(CriClient client, WantedImage wanted, UndoImages undo,
                                              std::stop_token stop, BringImage bring) {
  const bool pulls = !bring;
  if (pulls) {
    bring = [stop = std::move(stop)](const host::Host& host, const CriClient& by, const WantedImage& image) {
      return pull_image(host, by, image.reference, stop);
    };
  }
  steps::Action action;
  action.kind = "image";
  action.target = wanted.reference;
  action.summary = fmt::format("{} {} and pin it", pulls ? "pull" : "import", wanted.reference);
  action.preview = {.action = pulls ? "pull" : "import", .summary = action.summary};
  action.satisfied = [client, wanted](const host::Host& host) -> Result<bool> {
    const auto now = state(host, client, wanted);
    if (!now || !now->empty()) {
      return false;
    }
    if (client.ctr.empty()) {
      return true;
    }
    // Asked of containerd, since CRI says so only from crictl 1.24 and containerd 1.6.22 on.
    KF_TRY_ASSIGN(const auto stored, stored_image(host, client, wanted.reference));
    return stored && stored->pin_written;
  };
  action.capture = [client, wanted, undo](const host::Host& host, steps::Backups&) -> Result<Json> {
    KF_TRY_ASSIGN(const bool there, is_there(host, client, wanted));
    Json prior;
    prior.set("undo", there || undo == UndoImages::never ? "nothing" : "remove");
    prior.set("crictl", client.crictl);
    prior.set("endpoint", client.endpoint);
    prior.set("ctr", client.ctr);
    prior.set("configuration", client.configuration);
    return prior;
  };
  action.apply = [client = std::move(client), wanted = std::move(wanted), undo, bring = std::move(bring)](
                     const host::Host& host) { return make_so(host, client, wanted, undo, bring); };
  return steps::action(std::move(action));
}

steps::Undoers runtime_undoers() {
  steps::Undoers undoers;
  undoers.emplace("image", [](const host::Host& host, const steps::Entry& entry, steps::Backups&,
                              const std::function<void(std::string_view)>&) { return undo_image(host, entry); });
  // A look changes nothing.
  undoers.emplace("containerd-check", [](const host::Host&, const steps::Entry&, steps::Backups&,
                                         const std::function<void(std::string_view)>&) { return Status(); });
  return undoers;
}

}  // namespace kubeferry::runtime

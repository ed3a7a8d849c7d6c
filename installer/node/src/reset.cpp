// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/node/install.hpp>

#include "draft_common.hpp"

namespace kubeferry::node {

namespace {

/// By which rollback is known (docs/installing.md): it outlives the node unless the user says otherwise.
constexpr std::string_view k_trust_state = "trust.json";

}  // namespace

Status reset(const host::Host& host, const ResetOptions& options, steps::Journal& journal, const Talk& talk) {
  if (!journal.entries().empty()) {
    KF_TRY(journal.start_run("reset", Json::object(), nullptr));
    steps::RunOptions how{.stop = talk.stop, .warning = talk.warning};
    how.on_step = [&](std::size_t number, std::size_t total, const std::string& summary) {
      talk.info(fmt::format("[{}/{}] {}", number, total, summary));
    };
    KF_TRY(steps::undo_all(host, journal, undoers(talk), how));
  }
  return journal.remove(options.forget ? std::vector<std::string>()
                                       : std::vector<std::string>{std::string(k_trust_state)});
}

}  // namespace kubeferry::node

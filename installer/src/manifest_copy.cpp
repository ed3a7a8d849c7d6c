// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <optional>

#include <kubeferry/base/workers.hpp>

#include "mirror_run.hpp"

namespace kubeferry::installer {

namespace {

/// One name of one image.
struct Task {
  const PlannedImage* image = nullptr;
  const Mapping* name = nullptr;
};

/// Whether the registry understood what it was given, and does not want it.
bool is_refusal(const Error& error) {
  constexpr std::array<std::string_view, 3> k_refusals = {"400", "404", "422"};
  return std::any_of(k_refusals.begin(), k_refusals.end(),
                     [&](std::string_view status) { return has_status(error, status); });
}

class NameCopy {
public:
  NameCopy(MirrorRun& run, const Task& task)
      : run_(run), tree_(task.image->tree), source_(task.image->source), kind_(task.image->kind), name_(*task.name) {}

  /// The row; nothing when something kept it from being published, which is recorded.
  Result<std::optional<MirrorRow>> publish() {
    const std::string shown = run_.name(name_.repository, name_.tag, tree_.document.digest);
    if (!children_are_whole(tree_)) {
      run_.missing(shown, "some of its blobs could not be sent", ExitCode::network);
      return std::optional<MirrorRow>();
    }
    auto row = publish_tree();
    if (!row) {
      if (is_usage_of_mode_) {
        return propagate(std::move(row));
      }
      KF_TRY(run_.failed(shown, std::move(row).error()));
      return std::optional<MirrorRow>();
    }
    return std::optional<MirrorRow>(std::move(*row));
  }

private:
  [[nodiscard]] bool children_are_whole(const ImageTree& tree) {
    return !run_.has_failed_blob(name_.repository, tree) &&
           std::all_of(tree.children.begin(), tree.children.end(),
                       [&](const ImageTree& child) { return children_are_whole(child); });
  }

  Result<MirrorRow> publish_tree() {
    for (const ImageTree& child : tree_.children) {
      KF_TRY(put_below(child));
    }
    if (tree_.complete) {
      return put_as(tree_.document, MirrorStatus::copied);
    }
    KF_TRY_ASSIGN(const oci::ManifestBytes filtered, filtered_index(tree_));
    if (run_.options().index == IndexMode::filter) {
      return put_filtered(filtered);
    }
    if (run_.options().index == IndexMode::automatic) {
      KF_TRY_ASSIGN(const bool there, has(name_.tag, filtered.digest));
      if (there || run_.refuses_sparse()) {
        return put_filtered(filtered);
      }
    }
    auto kept = put_as(tree_.document, MirrorStatus::copied);
    if (kept || !is_refusal(kept.error())) {
      return kept;
    }
    if (run_.options().index == IndexMode::keep) {
      is_usage_of_mode_ = true;
      return Failure(std::move(kept)
                         .error()
                         .prefixed("the registry refuses an index that names platforms which are not mirrored")
                         .with_hint("use --index auto, or --index filter, which changes the index's digest"));
    }
    run_.set_refuses_sparse();
    return put_filtered(filtered);
  }

  /// What an index is made of must be there before it. A nested index that is not complete exists in one form only.
  Status put_below(const ImageTree& tree) {
    for (const ImageTree& child : tree.children) {
      KF_TRY(put_below(child));
    }
    if (!tree.complete && run_.options().index != IndexMode::keep) {
      KF_TRY_ASSIGN(const oci::ManifestBytes filtered, filtered_index(tree));
      KF_TRY(put_if_absent(filtered, {}));
      if (run_.options().index == IndexMode::filter || run_.refuses_sparse()) {
        return {};
      }
      // Where sparse indexes are refused, this one is, too; the outer one will be found out by itself.
      auto kept = put_if_absent(tree.document, {});
      if (!kept && is_refusal(kept.error())) {
        run_.set_refuses_sparse();
        return {};
      }
      KF_TRY(kept);
      return {};
    }
    if (!run_.dry() && run_.has_sent_blob(name_.repository, tree)) {
      const MirrorRun::Exclusive alone(run_, tree.document.digest);
      return run_.has_sent_manifest(name_.repository, {}, tree.document.digest) ? Status() : put(tree.document, {});
    }
    KF_TRY(put_if_absent(tree.document, {}));
    return {};
  }

  Result<MirrorRow> put_filtered(const oci::ManifestBytes& filtered) {
    KF_TRY_ASSIGN(MirrorRow row, put_as(filtered, MirrorStatus::rewritten));
    row.status = MirrorStatus::rewritten;
    return row;
  }

  Result<MirrorRow> put_as(const oci::ManifestBytes& manifest, MirrorStatus status) {
    KF_TRY_ASSIGN(const bool sent, put_if_absent(manifest, name_.tag));
    MirrorRow row;
    row.source = source_;
    row.target = run_.name(name_.repository, name_.tag, manifest.digest);
    row.repository = name_.repository;
    row.second_name = name_.second_name;
    row.kind = kind_;
    row.source_digest = tree_.document.digest;
    row.target_digest = manifest.digest;
    row.status = sent ? status : MirrorStatus::present;
    return row;
  }

  Result<bool> has(const std::string& tag, const crypto::Digest& digest) {
    KF_TRY_ASSIGN(const auto there,
                  run_.client().manifest_digest(run_.at(name_.repository), tag.empty() ? digest.to_string() : tag));
    if (there && *there != digest) {
      replaced_ = *there;
    }
    return there && *there == digest;
  }

  /// Whether it had to be sent.
  Result<bool> put_if_absent(const oci::ManifestBytes& manifest, const std::string& tag) {
    const std::string shown = run_.name(name_.repository, tag, manifest.digest);
    const MirrorRun::Exclusive alone(run_, manifest.digest);
    if (run_.has_sent_manifest(name_.repository, tag, manifest.digest)) {
      return true;
    }
    replaced_.reset();
    KF_TRY_ASSIGN(const bool there, has(tag, manifest.digest));
    if (there) {
      run_.update([](MirrorResult& result) { ++result.manifests_present; });
      return false;
    }
    if (run_.dry()) {
      run_.missing(shown, replaced_ ? fmt::format("is {} there", replaced_->to_string()) : "is not there",
                   ExitCode::ok);
      return true;
    }
    KF_TRY(put(manifest, tag));
    if (replaced_) {
      run_.warning(fmt::format("{} was {} and is now {}", shown, replaced_->to_string(), manifest.digest.to_string()));
    }
    return true;
  }

  Status put(const oci::ManifestBytes& manifest, const std::string& tag) {
    KF_TRY(run_.client().push_manifest(run_.at(name_.repository), manifest,
                                       tag.empty() ? manifest.digest.to_string() : tag));
    run_.update([](MirrorResult& result) { ++result.manifests_pushed; });
    run_.sent(SentManifest{name_.repository, tag, manifest.digest});
    return {};
  }

  MirrorRun& run_;
  const ImageTree& tree_;
  const std::string& source_;
  Kind kind_;
  const Mapping& name_;
  std::optional<crypto::Digest> replaced_;  // what the tag meant before
  bool is_usage_of_mode_ = false;           // the failure holds for every index, and the user can change it
};

}  // namespace

Status copy_manifests(MirrorRun& run, const std::vector<PlannedImage>& images) {
  std::vector<Task> tasks;
  for (const PlannedImage& image : images) {
    for (const Mapping& name : image.names) {
      tasks.push_back({&image, &name});
    }
  }
  std::vector<std::optional<MirrorRow>> rows(tasks.size());
  KF_TRY(for_each_index(tasks.size(), run.options().jobs, run.options().stop, [&](std::size_t n) -> Status {
    KF_TRY_ASSIGN(rows[n], NameCopy(run, tasks[n]).publish());
    return {};
  }));
  for (auto& row : rows) {
    if (row) {
      run.result().rows.push_back(std::move(*row));
    }
  }
  return {};
}

}  // namespace kubeferry::installer

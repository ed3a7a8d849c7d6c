// SPDX-License-Identifier: Apache-2.0
#include "user_file.hpp"

#include <algorithm>

#include <kubeferry/base/text.hpp>

namespace kubeferry::kubeadm {
namespace {

std::string text_at(const YamlNode& document, std::string_view key) {
  const YamlNode* const value = document.find(key);
  return value != nullptr && value->is_scalar() ? value->text : std::string();
}

std::string_view group_of(std::string_view api_version) { return api_version.substr(0, api_version.find('/')); }

Failure wrong(std::string_view file, const YamlNode& place, std::string problem, std::string hint) {
  return Failure(fail(ExitCode::usage, "{}:{}:{}: {}", file, place.line, place.column, problem)
                     .value()
                     .with_hint(std::move(hint)));
}

Status check_shape(const DocumentSet& set, const YamlNode& document) {
  if (text_at(document, "apiVersion").empty() || text_at(document, "kind").empty()) {
    return wrong(set.file, document, "a document without apiVersion and kind",
                 fmt::format("a file for kubeadm begins with \"apiVersion: {}\"", set.kubeadm_api()));
  }
  return {};
}

Status check_unique(const DocumentSet& set) {
  for (std::size_t i = 0; i < set.documents.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const YamlNode& one = set.documents[j];
      const YamlNode& other = set.documents[i];
      if (text_at(one, "kind") == text_at(other, "kind") &&
          group_of(text_at(one, "apiVersion")) == group_of(text_at(other, "apiVersion"))) {
        return wrong(set.file, other,
                     fmt::format("a second {}; the first is in line {}", printable(text_at(other, "kind")), one.line),
                     "join the two documents");
      }
    }
  }
  return {};
}

/// The one version of kubeadm's own documents; nothing when the file has none of them.
Result<std::optional<ApiVersion>> version_of(const DocumentSet& set, const catalog::KubernetesVersion& kubeadm) {
  const std::vector<ApiVersion> readable = readable_versions(kubeadm);
  std::optional<ApiVersion> version;
  for (const YamlNode& document : set.documents) {
    const std::string api = text_at(document, "apiVersion");
    if (group_of(api) != k_kubeadm_group) {
      continue;
    }
    const YamlNode& place = *document.find("apiVersion");
    const auto found =
        parse_api_version(std::string_view(api).substr(std::min(k_kubeadm_group.size() + 1, api.size())));
    if (!found || std::ranges::find(readable, *found) == readable.end()) {
      return wrong(set.file, place, fmt::format("kubeadm {} does not read {}", kubeadm.to_string(), printable(api)),
                   fmt::format("kubeadm config migrate --old-config {} --new-config new.yaml makes it {}", set.file,
                               to_string(readable.front())));
    }
    if (version && *version != *found) {
      return wrong(set.file, place, fmt::format("{} beside documents of {}", printable(api), to_string(*version)),
                   "write all documents for kubeadm in one version");
    }
    version = found;
  }
  return version;
}

}  // namespace

YamlNode* DocumentSet::find(std::string_view kind) {
  const auto found =
      std::ranges::find_if(documents, [&](const YamlNode& document) { return text_at(document, "kind") == kind; });
  return found == documents.end() ? nullptr : &*found;
}

YamlNode& DocumentSet::get(std::string_view kind, std::string_view api_version) {
  if (YamlNode* const found = find(kind)) {
    return *found;
  }
  YamlNode made = YamlNode::mapping();
  made.set("apiVersion", YamlNode::string(api_version));
  made.set("kind", YamlNode::string(kind));
  documents.push_back(std::move(made));
  return documents.back();
}

std::string DocumentSet::kubeadm_api() const { return fmt::format("{}/{}", k_kubeadm_group, to_string(api)); }

Result<DocumentSet> read_documents(const std::optional<ConfigFile>& file, const catalog::KubernetesVersion& kubeadm) {
  const std::vector<ApiVersion> readable = readable_versions(kubeadm);
  if (readable.empty()) {
    return fail(ExitCode::usage, "kubeadm {} is older than any this program knows", kubeadm.to_string());
  }
  DocumentSet set;
  set.api = readable.front();
  if (!file) {
    return set;
  }
  set.file = file->name;
  KF_TRY_ASSIGN(set.documents, parse_yaml(file->text, file->name));
  for (const YamlNode& document : set.documents) {
    KF_TRY(check_shape(set, document));
  }
  KF_TRY(check_unique(set));
  KF_TRY_ASSIGN(const std::optional<ApiVersion> version, version_of(set, kubeadm));
  set.api = version.value_or(set.api);
  return set;
}

}  // namespace kubeferry::kubeadm

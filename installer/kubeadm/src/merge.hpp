// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/base/result.hpp>

#include "yaml_node.hpp"

namespace kubeferry::kubeadm {

/// Whether a conflict may show the two values.
enum class Disclosure { value, secret };

/// Completes one document. Every path is "a.b.c"; mappings on the way are made. usage errors at the user's place: what
/// is on the way is no mapping, or a value has another shape.
class Merger {
public:
  /// Both outlive it.
  Merger(YamlNode& document, std::string_view file) : document_(&document), file_(file) {}

  /// Sets what is unset.
  Status fill(std::string_view path, YamlNode value) const;
  /// The same for text; empty text is nothing to fill.
  Status fill(std::string_view path, std::string_view text) const;

  /// Sets what is unset; usage error that shows both when the file says something else. `says` as in
  /// "--node-name is". With Disclosure::secret neither value is shown.
  using Same = std::function<bool(const YamlNode&, const YamlNode&)>;
  Status demand(std::string_view path, YamlNode value, std::string_view says, Disclosure disclosure = Disclosure::value,
                const Same& same = same_value) const;

  /// The list at `path`, made when unset.
  Result<YamlNode*> list(std::string_view path) const;
  /// Sets one argument of a program, unless it is set: in a mapping, or (v1beta4) a list of {name, value}.
  Status fill_argument(std::string_view path, std::string_view name, std::string_view value, bool as_list) const;

  /// What the document says at `path`; empty when unset. usage error when it is no scalar / no list of scalars.
  Result<std::string> text(std::string_view path) const;
  Result<std::vector<std::string>> texts(std::string_view path) const;
  Result<bool> boolean(std::string_view path, bool otherwise) const;

  [[nodiscard]] Failure wrong(const YamlNode& place, std::string_view problem, std::string hint = {}) const;
  [[nodiscard]] const YamlNode& document() const noexcept { return *document_; }

private:
  /// The node at `path`, made as null when it is not there.
  Result<YamlNode*> reach(std::string_view path) const;

  YamlNode* document_;
  std::string_view file_;
};

/// Sockets are the same with and without "unix://", versions with and without "v".
[[nodiscard]] std::string socket_url(std::string_view socket);
[[nodiscard]] bool same_socket(const YamlNode& a, const YamlNode& b);
[[nodiscard]] bool same_version(const YamlNode& a, const YamlNode& b);

}  // namespace kubeferry::kubeadm

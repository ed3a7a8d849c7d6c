// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include <kubeferry/base/result.hpp>

namespace kubeferry::packages {

// primary.xml and repomd.xml, taken apart as text: what is carried must be upstream's own bytes, and no parser that
// keeps them is at hand. Only for documents whose digest was checked; libsolv's parser reads what is written from them
// again.

/// Calls `visit` with each "<package …>…</package>", in order, until one fails. format error, naming `what`, when an
/// element does not end.
Status for_each_package(std::string_view xml, std::string_view what,
                        const std::function<Status(std::string_view element)>& visit);

/// The first element `name` below `element`, with its tags; empty when there is none.
[[nodiscard]] std::string_view child(std::string_view element, std::string_view name);

/// The value of an attribute of an element's own tag, entities resolved; empty when it is not there.
[[nodiscard]] std::string attribute(std::string_view element, std::string_view name);

/// The text of an element without children, trimmed, entities resolved.
[[nodiscard]] std::string content(std::string_view element);

/// `text` as it may stand in an attribute or in text.
[[nodiscard]] std::string escaped(std::string_view text);

}  // namespace kubeferry::packages

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include <kubeferry/base/result.hpp>

namespace kubeferry::steps {

/// Removes those children of an open directory whose names `which` wants gone, with all that is in them. Follows no
/// link and leaves no file system: io error when something else is mounted inside. `path` is for messages.
Status remove_children(int directory, const std::string& path, const std::function<bool(std::string_view name)>& which);

}  // namespace kubeferry::steps

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <stop_token>
#include <string_view>

namespace kubeferry::node {

/// How an installation talks to whoever started it. Every function may be called from the one installing thread only;
/// none is empty.
struct Talk {
  std::function<void(std::string_view line)> info = [](std::string_view) {};
  std::function<void(std::string_view line)> detail = [](std::string_view) {};  ///< only when asked for
  std::function<void(std::string_view line)> warning = [](std::string_view) {};
  std::function<void(std::string_view piece)> program = [](std::string_view) {};  ///< what kubeadm prints, as it comes
  std::stop_token stop;
};

}  // namespace kubeferry::node

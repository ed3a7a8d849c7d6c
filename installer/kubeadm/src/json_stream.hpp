// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

namespace kubeferry::kubeadm {

/// The JSON objects of a text that has several, one behind the other; what stands between them is left out.
[[nodiscard]] std::vector<std::string_view> split_json(std::string_view text);

}  // namespace kubeferry::kubeadm

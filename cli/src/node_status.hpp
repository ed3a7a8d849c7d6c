// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include <kubeferry/base/result.hpp>
#include <kubeferry/node/status.hpp>

namespace kubeferry::cli {

/// node::status() of this host, for `command`. unsupported_host error unless root asks, where there is something to
/// read; errors of reading the journal.
Result<node::NodeStatus> read_status(const host::Host& host, std::string_view command, TimePoint now);

/// io error with the first problem and how many more there are; ok when there is none.
Status verdict(const node::NodeStatus& status);

}  // namespace kubeferry::cli

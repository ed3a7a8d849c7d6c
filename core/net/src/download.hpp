// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine.hpp"

namespace kubeferry::net {

/// Client::download on an engine.
Result<Download> download(Engine& engine, const Request& request, std::uint64_t expected_size,
                          std::uint64_t resume_from, RestartableSink& sink);

}  // namespace kubeferry::net

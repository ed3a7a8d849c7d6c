// SPDX-License-Identifier: Apache-2.0
// What nearly every file of a room reads, read once (KF_PCH). Every file includes what it uses all the same: the preset
// `dev` builds without this.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <kubeferry/base/json.hpp>
#include <kubeferry/base/result.hpp>

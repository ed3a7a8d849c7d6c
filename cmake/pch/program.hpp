// SPDX-License-Identifier: Apache-2.0
// As rooms.hpp, for the program's own files: nearly all of them read CLI11, too, which is one header of 9,000 lines.
#pragma once

#include "rooms.hpp"

#include <CLI/CLI.hpp>

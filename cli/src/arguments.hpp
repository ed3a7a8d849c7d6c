// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <kubeferry/base/result.hpp>

namespace CLI {
class App;
}  // namespace CLI

namespace kubeferry::cli {

/// Parses the command line into what the options were bound to. A value: the text to print instead of running
/// anything (--help, --version); empty when there is a command to run.
/// usage error, with the nearest option or command as hint when something is misspelt.
Result<std::string> parse_arguments(CLI::App& app, int argc, char** argv);

}  // namespace kubeferry::cli

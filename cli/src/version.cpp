// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/base/version.hpp>

#include <array>

#include <CLI/CLI.hpp>

#include <kubeferry/bundle/front.hpp>

#include "command.hpp"
#include "output.hpp"
#include "table.hpp"

namespace kubeferry::cli {

namespace {

struct Library {
  std::string_view name;
  std::string_view version;
};

constexpr std::array k_libraries = {KF_LIBRARIES};

Status run_version(const Context& context) {
  if (context.format == Format::json) {
    Json libraries = Json::object();
    for (const auto& [name, version] : k_libraries) {
      libraries.set(std::string(name), version);
    }
    Json out;
    out.set("version", k_version);
    out.set("bundleFormat", std::uint64_t{bundle::k_format_version});
    out.set("libraries", std::move(libraries));
    return print_json(out);
  }
  std::string libraries;
  for (const auto& [name, version] : k_libraries) {
    libraries += fmt::format("{}{} {}", libraries.empty() ? "" : ", ", name, version);
  }
  return print(facts({{"kubeferry", std::string(k_version)},
                      {"bundle format", std::to_string(bundle::k_format_version)},
                      {"built with", libraries}}));
}

}  // namespace

void add_version(CLI::App& app, Commands& commands) {
  CLI::App* command = app.add_subcommand("version", "Print the version, the bundle format and what it was built with");
  commands.add_format(command);
  commands.on(command, run_version);
}

}  // namespace kubeferry::cli

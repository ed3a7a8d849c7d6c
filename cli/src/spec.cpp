// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/catalog/spec.hpp>

#include <algorithm>
#include <memory>

#include <CLI/CLI.hpp>

#include <kubeferry/catalog/needs.hpp>

#include "catalog_option.hpp"
#include "command.hpp"
#include "output.hpp"
#include "table.hpp"

namespace kubeferry::cli {

namespace {

constexpr std::string_view k_example = R"(# What a bundle shall hold. Check it with: kubeferry spec check FILE
apiVersion: kubeferry/v1
kind: Bundle
name: site                        # which line of bundles this is
version: "2026.11.1"              # for people
platforms: [linux/amd64, linux/arm64]   # or: all

# Images and node binaries of a Kubernetes release, by the built-in catalog.
kubernetes:
  version: v1.34.2

# The cluster's network.
cni:
  name: flannel
  podCIDR: 10.244.0.0/16

# More images, by tag, digest or tag@digest.
# images:
#   - registry.k8s.io/pause:3.10

# More files for nodes.
# files:
#   - url: https://example.org/tool
#     sha256: 0000000000000000000000000000000000000000000000000000000000000000
#     platform: linux/amd64
#     path: /usr/local/bin/tool
#     mode: "0755"

# Packages of the nodes' distribution, with all that they need: conntrack, socat, … (docs/spec.md).
# packages: [debian-12]

# What to do about a platform that something does not exist for: fail or skip.
missing: fail

# Where a host is really reached, if not under its own name.
# upstreams:
#   registry.k8s.io: {endpoint: "https://proxy.example.org", ca: ca.pem}
)";

std::string needs_text(const catalog::Needs& needs) {
  Table images({{"IMAGE"}, {"PLATFORMS"}, {"FOR"}});
  for (const auto& image : needs.images) {
    images.row({image.reference, fmt::format("{}", fmt::join(image.platforms, " ")), image.why});
  }
  Table downloads({{"DOWNLOAD"}, {"VERSION"}, {"PLATFORM"}, {"FROM"}});
  for (const auto& need : needs.downloads) {
    downloads.row({need.name, need.version, need.platform, need.url});
  }
  Table packages({{"PACKAGES"}, {"PLATFORM"}, {"INSTALL"}, {"FROM"}});
  for (const auto& need : needs.packages) {
    std::vector<std::string> from;
    for (const auto& source : need.sources) {
      from.push_back(source.suites.empty() ? source.url
                                           : fmt::format("{} {}", source.url, fmt::join(source.suites, " ")));
    }
    packages.row({need.name, need.platform, fmt::format("{}", fmt::join(need.install, " ")),
                  fmt::format("{}", fmt::join(from, ", "))});
  }
  Table missing({{"MISSING"}, {"PLATFORM"}, {"WHY"}, {""}});
  for (const auto& row : needs.missing) {
    missing.row({row.what, row.platform, row.reason, row.required ? "" : "can do without"});
  }
  std::string text;
  for (const Table* table : {&images, &downloads, &packages, &missing}) {
    if (!table->empty()) {
      text += (text.empty() ? "" : "\n") + table->text();
    }
  }
  if (std::ranges::any_of(needs.downloads,
                          [](const auto& need) { return need.kind == catalog::ArtifactKind::manifest; })) {
    text += "\nThe images of the CNI stand in its manifest: `kubeferry lock` reads it, and names them in the lock.\n";
  }
  if (!needs.packages.empty()) {
    text += "\nWhat these packages need is chosen from the distribution's signed lists by `kubeferry lock`.\n";
  }
  return text.empty() ? "the spec asks for nothing\n" : text;
}

struct CheckOptions {
  std::string file;
  CatalogOption catalog;
};

Status run_check(const CheckOptions& options, const Context& context) {
  KF_TRY_ASSIGN(const auto spec, catalog::load_spec(options.file));
  KF_TRY_ASSIGN(const auto catalog, options.catalog.load());
  KF_TRY_ASSIGN(const auto needs, catalog::needs_of(spec, catalog));
  if (context.format == Format::json) {
    return print_json(catalog::to_json(needs));
  }
  for (const auto& note : needs.notes) {
    context.console.info("note: " + note);
  }
  return print(needs_text(needs));
}

}  // namespace

void add_spec(CLI::App& app, Commands& commands) {
  CLI::App* spec = app.add_subcommand("spec", "Write and check what a bundle shall hold");
  spec->require_subcommand(1);
  CLI::App* init = spec->add_subcommand("init", "Print an example to start from");
  commands.on(init, [](const Context&) { return print(k_example); });

  CLI::App* check = spec->add_subcommand("check", "Say what a spec needs, without asking any network");
  auto options = std::make_shared<CheckOptions>();
  check->add_option("SPEC", options->file, "The spec")->required();
  options->catalog.add_to(*check);
  commands.add_format(check);
  commands.on(check, [options](const Context& context) { return run_check(*options, context); });
}

}  // namespace kubeferry::cli

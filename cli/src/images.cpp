// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <optional>

#include <CLI/CLI.hpp>

#include <kubeferry/catalog/needs.hpp>
#include <kubeferry/oci/reference.hpp>

#include "bundle_options.hpp"
#include "catalog_option.hpp"
#include "command.hpp"
#include "output.hpp"

namespace kubeferry::cli {

namespace {

struct ImagesOptions {
  std::string kubernetes;
  std::string cni;
  std::string platform;
  std::string repository;
  CatalogOption catalog;
};

Json image_json(const catalog::ImageNeed& image) {
  Json platforms = Json::array();
  for (const auto& platform : image.platforms) {
    platforms.push(platform);
  }
  Json out;
  out.set("reference", image.reference);
  out.set("platforms", std::move(platforms));
  return out;
}

/// What `--cni NAME[@VERSION]` comes to.
struct Network {
  catalog::ChosenCni chosen;
  std::vector<catalog::ImageNeed> images;
};

/// As `mirror` names it under `repository`: the path without its registry.
Result<std::string> mirrored(const std::string& text, const std::string& repository) {
  KF_TRY_ASSIGN(const oci::Reference reference, oci::Reference::parse(text));
  std::string name = fmt::format("{}/{}", repository, reference.repository);
  name += reference.tag ? ":" + *reference.tag : "";
  return name + (reference.digest ? "@" + reference.digest->to_string() : "");
}

Result<Network> network_of(const ImagesOptions& options, const catalog::Catalog& catalog,
                           const catalog::KubernetesVersion& kubernetes, const std::string& platform) {
  const auto at = options.cni.find('@');
  const std::string name = options.cni.substr(0, at);
  const std::string version = at == std::string::npos ? "" : options.cni.substr(at + 1);
  Network network;
  KF_TRY_ASSIGN(network.chosen, catalog::choose_cni(catalog, name, version, &kubernetes));
  network.images = catalog::cni_images(network.chosen);
  if (!platform.empty()) {
    KF_TRY_ASSIGN(network.images, catalog::only_for(std::move(network.images), platform));
  }
  if (!options.repository.empty()) {
    for (auto& image : network.images) {
      KF_TRY_ASSIGN(image.reference, mirrored(image.reference, options.repository));
    }
  }
  return network;
}

Json cni_json(const Network& network) {
  Json manifests = Json::array();
  for (const auto& url : network.chosen.release.manifests) {
    manifests.push(url);
  }
  Json images = Json::array();
  for (const auto& image : network.images) {
    images.push(image_json(image));
  }
  Json out;
  out.set("name", network.chosen.cni->name);
  out.set("version", network.chosen.release.version);
  out.set("manifests", std::move(manifests));
  out.set("images", std::move(images));
  return out;
}

Status run_list(const ImagesOptions& options, const Context& context) {
  KF_TRY_ASSIGN(const auto version, catalog::KubernetesVersion::parse(options.kubernetes));
  KF_TRY_ASSIGN(const std::string platform, canonical_platform(options.platform));
  KF_TRY_ASSIGN(const auto catalog, options.catalog.load());
  KF_TRY_ASSIGN(auto found, catalog::kubernetes_images(catalog, version, options.repository));
  if (!platform.empty()) {
    KF_TRY_ASSIGN(found.images, catalog::only_for(std::move(found.images), platform));
  }
  std::optional<Network> network;
  if (!options.cni.empty()) {
    KF_TRY_ASSIGN(network, network_of(options, catalog, version, platform));
    found.images.insert(found.images.end(), network->images.begin(), network->images.end());
    for (const auto& note : network->chosen.notes) {
      context.console.info("note: " + note);
    }
  }
  if (!found.note.empty()) {
    context.console.info("note: " + found.note);
  }
  if (context.format == Format::json) {
    Json images = Json::array();
    for (const auto& image : found.images) {
      images.push(image_json(image));
    }
    Json out;
    out.set("kubernetes", version.to_string());
    out.set("images", std::move(images));
    if (network) {
      out.set("cni", cni_json(*network));
    }
    return print_json(out);
  }
  std::string text;
  for (const auto& image : found.images) {
    text += image.reference + "\n";
  }
  return print(text);
}

}  // namespace

void add_images(CLI::App& app, Commands& commands) {
  CLI::App* images = app.add_subcommand("images", "Which images a Kubernetes version needs");
  images->require_subcommand(1);
  auto options = std::make_shared<ImagesOptions>();
  CLI::App* list =
      images->add_subcommand("list", "Print what that version's kubeadm would list, and a pod network's images");
  list->add_option("--kubernetes", options->kubernetes, "The version, v1.34.2")->required()->type_name("V");
  list->add_option("--cni", options->cni, "Also the images of this pod network")->type_name("NAME[@VERSION]");
  list->add_option("--platform", options->platform, "Only those that exist for this platform")->type_name("P");
  list->add_option("--repository", options->repository, "As under this imageRepository")->type_name("R");
  options->catalog.add_to(*list);
  commands.add_format(list);
  commands.on(list, [options](const Context& context) { return run_list(*options, context); });
}

}  // namespace kubeferry::cli

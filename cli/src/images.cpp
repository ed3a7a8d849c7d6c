// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include <CLI/CLI.hpp>

#include <kubeferry/catalog/needs.hpp>

#include "bundle_options.hpp"
#include "command.hpp"
#include "output.hpp"

namespace kubeferry::cli {

namespace {

struct Options {
  std::string kubernetes;
  std::string cni;
  std::string platform;
  std::string repository;
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

/// A CNI's images without tags: those stand in its manifest, which is fetched only by lock.
Json cni_json(const catalog::Cni& cni) {
  Json repositories = Json::array();
  for (const auto& image : cni.images) {
    repositories.push(image);
  }
  Json out;
  out.set("name", cni.name);
  out.set("version", cni.version);
  out.set("manifest", cni.manifest_url);
  out.set("repositories", std::move(repositories));
  return out;
}

Status run_list(const Options& options, const Context& context) {
  KF_TRY_ASSIGN(const auto version, catalog::KubernetesVersion::parse(options.kubernetes));
  KF_TRY_ASSIGN(const std::string platform, canonical_platform(options.platform));
  KF_TRY_ASSIGN(const auto catalog, catalog::Catalog::builtin());
  KF_TRY_ASSIGN(auto found, catalog::kubernetes_images(catalog, version, options.repository));
  if (!platform.empty()) {
    KF_TRY_ASSIGN(found.images, catalog::only_for(std::move(found.images), platform));
  }
  const catalog::Cni* cni = nullptr;
  if (!options.cni.empty()) {
    KF_TRY_ASSIGN(cni, catalog.cni(options.cni));
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
    if (cni != nullptr) {
      out.set("cni", cni_json(*cni));
    }
    return print_json(out);
  }
  std::string text;
  for (const auto& image : found.images) {
    text += image.reference + "\n";
  }
  if (cni != nullptr) {
    for (const auto& image : cni->images) {
      text += image + "\n";
    }
    context.console.info(
        fmt::format("note: the tags of {}'s images are those of its manifest, {}", cni->name, cni->manifest_url));
  }
  return print(text);
}

}  // namespace

void add_images(CLI::App& app, Commands& commands) {
  CLI::App* images = app.add_subcommand("images", "Which images a Kubernetes version needs");
  images->require_subcommand(1);
  auto options = std::make_shared<Options>();
  CLI::App* list = images->add_subcommand("list", "Print what that version's kubeadm would list");
  list->add_option("--kubernetes", options->kubernetes, "The version, v1.34.2")->required()->type_name("V");
  list->add_option("--cni", options->cni, "Also the repositories of this CNI's images")->type_name("NAME");
  list->add_option("--platform", options->platform, "Only those that exist for this platform")->type_name("P");
  list->add_option("--repository", options->repository, "As under this imageRepository")->type_name("R");
  commands.add_format(list);
  commands.on(list, [options](const Context& context) { return run_list(*options, context); });
}

}  // namespace kubeferry::cli

// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>

#include <CLI/CLI.hpp>

#include <kubeferry/base/atomic_file.hpp>
#include <kubeferry/base/text.hpp>
#include <kubeferry/bundle/reach.hpp>
#include <kubeferry/crypto/dsse.hpp>

#include "bundle_options.hpp"
#include "command.hpp"
#include "output.hpp"
#include "packages.hpp"
#include "table.hpp"

namespace kubeferry::cli {

namespace {

struct InspectOptions {
  std::string file;
  TrustOption trust;
  std::string manifest_directory;
};

/// "windows/amd64 (2)": an index may name a platform several times, once for each version of its system.
std::string counted(const std::vector<std::string>& names) {
  std::vector<std::string> shown;
  for (auto at = names.begin(); at != names.end(); ++at) {
    if (std::find(names.begin(), at, *at) == at) {
      const auto count = std::count(at, names.end(), *at);
      shown.push_back(count == 1 ? *at : fmt::format("{} ({})", *at, count));
    }
  }
  return fmt::format("{}", fmt::join(shown, " "));
}

std::string images_table(std::string heading, const std::vector<bundle::ImageRow>& rows) {
  Table table({{std::move(heading)}, {"DIGEST"}, {"PLATFORMS"}, {"LEFT OUT"}});
  for (const auto& image : rows) {
    std::vector<std::string> platforms;
    for (const auto& part : image.manifests) {
      platforms.push_back(part.platform);
    }
    table.row({image.reference, short_digest(image.descriptor.digest.to_string()),
               fmt::format("{}", fmt::join(platforms, " ")), counted(image.omitted)});
  }
  return table.empty() ? "" : "\n" + table.text();
}

std::string files_table(const bundle::Bundle& bundle) {
  Table table({{"FILE"}, {"PLATFORM"}, {"MODE"}, {"SIZE", Table::Align::right}, {"OF"}});
  for (const auto& file : bundle.manifest().files) {
    table.row({file.path, file.platform, fmt::format("{:04o}", file.mode), human_bytes(bundle.find(file.digest)->size),
               file.component});
  }
  return table.empty() ? "" : "\n" + table.text();
}

std::string documents_table(const bundle::Bundle& bundle) {
  Table table({{"DOCUMENT"}, {"NAME"}, {"TYPE"}, {"SIZE", Table::Align::right}});
  for (const auto& document : bundle.manifest().documents) {
    table.row({document.kind, document.name, document.media_type, human_bytes(bundle.find(document.digest)->size)});
  }
  return table.empty() ? "" : "\n" + table.text();
}

/// With columns for packages only where there are some: most bundles carry none.
std::string sizes_table(const std::vector<bundle::PlatformSize>& sizes) {
  const bool packages = std::ranges::any_of(sizes, [](const auto& size) { return size.packages != 0; });
  std::vector<Table::Column> columns = {{"PLATFORM"},
                                        {"IMAGES", Table::Align::right},
                                        {"SIZE", Table::Align::right},
                                        {"FILES", Table::Align::right},
                                        {"SIZE", Table::Align::right}};
  if (packages) {
    columns.push_back({"PACKAGES", Table::Align::right});
    columns.push_back({"SIZE", Table::Align::right});
  }
  Table table(std::move(columns));
  for (const auto& size : sizes) {
    table.row({size.platform, std::to_string(size.images), human_bytes(size.image_bytes), std::to_string(size.files),
               human_bytes(size.file_bytes), std::to_string(size.packages), human_bytes(size.package_bytes)});
  }
  return "\n" + table.text();
}

struct Encoded {
  std::uint64_t blobs = 0;
  std::uint64_t content = 0;
  std::uint64_t stored = 0;
};

std::map<std::string, Encoded> encodings_of(const bundle::Manifest& manifest) {
  std::map<std::string, Encoded> encodings;
  for (const auto& row : manifest.blobs) {
    Encoded& encoded = encodings[row.encoding];
    ++encoded.blobs;
    encoded.content += row.size;
    encoded.stored += row.stored;
  }
  return encodings;
}

std::string encodings_table(const bundle::Manifest& manifest) {
  Table table({{"STORED AS"},
               {"BLOBS", Table::Align::right},
               {"CONTENT", Table::Align::right},
               {"IN THE BUNDLE", Table::Align::right}});
  for (const auto& [encoding, encoded] : encodings_of(manifest)) {
    table.row({encoding, std::to_string(encoded.blobs), human_bytes(encoded.content), human_bytes(encoded.stored)});
  }
  return "\n" + table.text();
}

/// The signed manifest as it stands, and beside it what is computed from it.
Status print_document(const bundle::Bundle& bundle, const std::vector<bundle::PlatformSize>& sizes) {
  KF_TRY_ASSIGN(Json manifest, parse_json(bundle.front().manifest, "manifest", {.bytes = bundle::k_largest_manifest}));
  Json platforms = Json::array();
  for (const auto& size : sizes) {
    Json one;
    one.set("platform", size.platform);
    one.set("images", size.images);
    one.set("imageBytes", size.image_bytes);
    one.set("files", size.files);
    one.set("fileBytes", size.file_bytes);
    one.set("packages", size.packages);
    one.set("packageBytes", size.package_bytes);
    platforms.push(std::move(one));
  }
  Json encodings = Json::object();
  for (const auto& [encoding, encoded] : encodings_of(bundle.manifest())) {
    Json one;
    one.set("blobs", encoded.blobs);
    one.set("contentBytes", encoded.content);
    one.set("storedBytes", encoded.stored);
    encodings.set(encoding, std::move(one));
  }
  Json out = identity_json(bundle);
  out.set("sizes", std::move(platforms));
  out.set("encodings", std::move(encodings));
  out.set("manifest", std::move(manifest));
  return print_json(out);
}

/// The signed bytes and their signatures, one file each, as stock tools want them (docs/signing.md).
Status extract_manifest(const bundle::Bundle& bundle, const std::filesystem::path& directory) {
  std::error_code error;
  std::filesystem::create_directory(directory, error);
  if (error) {
    return fail_errno(error.value(), directory.native());
  }
  const bundle::Front& front = bundle.front();
  KF_TRY_ASSIGN(const auto envelope, crypto::Envelope::parse(front.envelope, "envelope"));
  KF_TRY(write_file_atomically(directory / "manifest.json", front.manifest, 0644));
  KF_TRY(write_file_atomically(directory / "envelope.json", front.envelope, 0644));
  const Bytes signed_bytes = crypto::pae(envelope.payload_type, as_byte_view(front.manifest));
  KF_TRY(write_file_atomically(directory / "manifest.pae", as_text(signed_bytes), 0644));
  for (const auto& signer : bundle.signers()) {
    for (const auto& signature : envelope.signatures) {
      if (signature.key_id == signer.key_id) {
        const std::string name = fmt::format("SIGNATURE-{}.sig", signer.key_id.substr(0, 8));
        KF_TRY(write_file_atomically(directory / name, as_text(signature.signature), 0644));
      }
    }
  }
  return {};
}

Status run_inspect(const InspectOptions& options, const Context& context) {
  KF_TRY_ASSIGN(const auto bundle, options.trust.open(options.file));
  if (!options.manifest_directory.empty()) {
    KF_TRY(extract_manifest(*bundle, options.manifest_directory));
  }
  KF_TRY_ASSIGN(const auto sizes, bundle::platform_sizes(*bundle));
  if (context.format == Format::json) {
    return print_document(*bundle, sizes);
  }
  return print(facts(identity_facts(*bundle)) + sizes_table(sizes) + images_table("IMAGE", bundle->manifest().images) +
               images_table("ARTIFACT", bundle->manifest().artifacts) + files_table(*bundle) +
               repositories_table(*bundle) + documents_table(*bundle) + encodings_table(bundle->manifest()));
}

}  // namespace

void add_inspect(CLI::App& app, Commands& commands) {
  CLI::App* command = app.add_subcommand("inspect", "Show what is in a bundle");
  auto options = std::make_shared<InspectOptions>();
  command->add_option("FILE", options->file, "The bundle")->required();
  options->trust.add_to(*command);
  command
      ->add_option("--extract-manifest", options->manifest_directory,
                   "Write the signed bytes and the signatures here, for openssl")
      ->type_name("DIR");
  commands.add_format(command);
  commands.on(command, [options](const Context& context) { return run_inspect(*options, context); });
}

}  // namespace kubeferry::cli

// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/catalog/needs.hpp>

#include "package_needs.hpp"

namespace kubeferry::catalog {

namespace {

Json to_json(const DownloadNeed& need) {
  Json members = Json::array();
  for (const MemberRule& rule : need.members) {
    members.push(Json::object()
                     .set("from", rule.from)
                     .set("to", rule.to)
                     .set("mode", fmt::format("{:04o}", rule.mode))
                     .set("except", json_array(rule.except)));
  }
  Json checksum = Json::object();
  checksum.set("url", need.checksum.url).set("style", to_string(need.checksum.style));
  Json row = Json::object();
  row.set("url", need.url)
      .set("platform", need.platform)
      .set("kind", to_string(need.kind))
      .set("name", need.name)
      .set("version", need.version)
      .set("path", need.path)
      .set("members", std::move(members))
      .set("checksum", std::move(checksum));
  return row;
}

}  // namespace

Json to_json(const Needs& needs) {
  Json images = Json::array();
  for (const ImageNeed& image : needs.images) {
    Json row = Json::object();
    row.set("reference", image.reference).set("why", image.why).set("platforms", json_array(image.platforms));
    images.push(std::move(row));
  }
  Json downloads = Json::array();
  for (const DownloadNeed& need : needs.downloads) {
    downloads.push(to_json(need));
  }
  Json packages = Json::array();
  for (const PackageNeed& need : needs.packages) {
    packages.push(to_json(need));
  }
  Json missing = Json::array();
  for (const MissingNeed& each : needs.missing) {
    Json row = Json::object();
    row.set("what", each.what).set("platform", each.platform).set("reason", each.reason).set("required", each.required);
    missing.push(std::move(row));
  }
  Json document = Json::object();
  document.set("images", std::move(images))
      .set("downloads", std::move(downloads))
      .set("packages", std::move(packages))
      .set("missing", std::move(missing))
      .set("notes", json_array(needs.notes));
  return document;
}

}  // namespace kubeferry::catalog

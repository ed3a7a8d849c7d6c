// SPDX-License-Identifier: Apache-2.0
#include "cni_load.hpp"

#include <charconv>
#include <initializer_list>

#include <kubeferry/base/text.hpp>

#include "spec_fields.hpp"
#include "version_number.hpp"

namespace kubeferry::catalog {

namespace {

Result<std::string> text_with(const YamlReader& reader, std::string_view version, Status (*check)(std::string_view)) {
  KF_TRY_ASSIGN(std::string text, reader.text());
  KF_TRY(reader.here(check(expand(text, {{"version", version}, {"number", without_v(version)}}))));
  return text;
}

Result<std::vector<std::string>> read_architectures(const YamlReader& reader) {
  KF_TRY_ASSIGN(const auto elements, reader.elements());
  std::vector<std::string> architectures;
  for (const YamlReader& element : elements) {
    KF_TRY_ASSIGN(architectures.emplace_back(), element.text());
    KF_TRY(element.here(parse_platform(architectures.back())));
  }
  return architectures.empty() ? Result<std::vector<std::string>>(reader.wrong("must name an architecture"))
                               : architectures;
}

/// "docker.io/calico/cni:{version}", or {image: …, architectures: […]} when it has fewer than its release.
Result<CniImage> read_image(const YamlReader& reader, std::string_view version) {
  CniImage image;
  if (reader.is_scalar()) {
    KF_TRY_ASSIGN(image.reference, text_with(reader, version, check_image));
    return image;
  }
  KF_TRY(reader.only({"image", "architectures"}));
  KF_TRY_ASSIGN(const YamlReader reference, reader.member("image"));
  KF_TRY_ASSIGN(image.reference, text_with(reference, version, check_image));
  KF_TRY_ASSIGN(const YamlReader architectures, reader.member("architectures"));
  KF_TRY_ASSIGN(image.architectures, read_architectures(architectures));
  return image;
}

/// What a release does not say itself is as its file says it for all.
std::optional<YamlReader> own_or_shared(const YamlReader& release, const YamlReader& root, std::string_view key) {
  const auto own = release.optional_member(key);
  return own ? own : root.optional_member(key);
}

Result<std::vector<CniImage>> read_images(const YamlReader& release, const YamlReader& root, std::string_view key,
                                          std::string_view version) {
  std::vector<CniImage> images;
  if (const auto list = own_or_shared(release, root, key)) {
    KF_TRY_ASSIGN(const auto elements, list->elements());
    for (const YamlReader& element : elements) {
      KF_TRY_ASSIGN(images.emplace_back(), read_image(element, version));
    }
  }
  return images;
}

Status read_bound(const YamlReader& reader, std::string_view key, std::optional<std::uint32_t>& bound,
                  std::string& reason) {
  const std::string why = fmt::format("{}Reason", key);
  const auto member = reader.optional_member(key);
  if (member.has_value() != reader.optional_member(why).has_value()) {
    return reader.wrong(fmt::format("needs {} exactly when it has {}", why, key));
  }
  if (member) {
    KF_TRY_ASSIGN(const std::uint64_t minor, member->integer(0, 999));
    bound = static_cast<std::uint32_t>(minor);
    KF_TRY_ASSIGN(reason, reader.text(why));
  }
  return {};
}

/// "34-36".
Status read_tested(const YamlReader& reader, MinorRange& range) {
  KF_TRY_ASSIGN(const std::string text, reader.scalar());
  const char* const end = text.data() + text.size();
  std::uint32_t first = 0;
  std::uint32_t last = 0;
  const auto front = std::from_chars(text.data(), end, first);
  if (front.ec == std::errc{} && front.ptr != end && *front.ptr == '-') {
    const auto back = std::from_chars(front.ptr + 1, end, last);
    if (back.ec == std::errc{} && back.ptr == end && first <= last) {
      range.tested_first = first;
      range.tested_last = last;
      return {};
    }
  }
  return reader.wrong("must be a range of minors, as in 34-36");
}

Result<MinorRange> read_minor_range(const YamlReader& release) {
  MinorRange range;
  const auto reader = release.optional_member("kubernetes");
  if (!reader) {
    return range;
  }
  KF_TRY(reader->only({"min", "minReason", "max", "maxReason", "tested"}));
  KF_TRY(read_bound(*reader, "min", range.min, range.min_reason));
  KF_TRY(read_bound(*reader, "max", range.max, range.max_reason));
  if (range.min && range.max && *range.min > *range.max) {
    return reader->wrong("min must not be above max");
  }
  if (const auto tested = reader->optional_member("tested")) {
    KF_TRY(read_tested(*tested, range));
  }
  return range;
}

Result<CniRelease> read_release(const YamlReader& reader, const YamlReader& root) {
  KF_TRY(reader.only({"version", "kubernetes", "manifests", "images", "runTimeImages", "architectures"}));
  CniRelease release;
  KF_TRY_ASSIGN(const YamlReader version, reader.member("version"));
  KF_TRY_ASSIGN(release.version, version.text());
  KF_TRY(version.here(check_name(release.version)));
  KF_TRY_ASSIGN(release.kubernetes, read_minor_range(reader));
  if (const auto manifests = own_or_shared(reader, root, "manifests")) {
    KF_TRY_ASSIGN(const auto elements, manifests->elements());
    for (const YamlReader& element : elements) {
      KF_TRY_ASSIGN(release.manifests.emplace_back(), text_with(element, release.version, check_url));
    }
  }
  KF_TRY_ASSIGN(release.images, read_images(reader, root, "images", release.version));
  KF_TRY_ASSIGN(release.run_time, read_images(reader, root, "runTimeImages", release.version));
  const auto architectures = own_or_shared(reader, root, "architectures");
  if (!architectures || release.images.empty()) {
    return reader.wrong("needs images and architectures, its own or its file's");
  }
  KF_TRY_ASSIGN(release.architectures, read_architectures(*architectures));
  return release;
}

using Kind = PodCidrLocation::Kind;

Result<PodCidrLocation> read_location(const YamlReader& reader) {
  if (reader.is_scalar()) {
    KF_TRY_ASSIGN(const std::string word, reader.text());
    for (const auto& [name, kind] : std::initializer_list<std::pair<std::string_view, Kind>>{
             {"node", Kind::node}, {"unknown", Kind::unknown}, {"flannel-net-conf", Kind::flannel_net_conf}}) {
      if (word == name) {
        return PodCidrLocation{kind, {}, {}};
      }
    }
    return reader.wrong("must be node, unknown, flannel-net-conf, or a mapping with env, configMap or resource");
  }
  struct Shape {
    Kind kind;
    std::string_view object;
    std::string_view key;
  };
  for (const auto& [kind, object, key] :
       {Shape{Kind::environment, "container", "env"}, Shape{Kind::config_map, "configMap", "key"},
        Shape{Kind::resource, "resource", "field"}}) {
    if (reader.optional_member(object)) {
      KF_TRY(reader.only({object, key}));
      PodCidrLocation location{kind, {}, {}};
      KF_TRY_ASSIGN(location.object, reader.text(object));
      KF_TRY_ASSIGN(location.key, reader.text(key));
      return location;
    }
  }
  return reader.wrong("must have container and env, configMap and key, or resource and field");
}

Status read_pod_cidr(const YamlReader& root, Cni& cni) {
  KF_TRY_ASSIGN(const YamlReader reader, root.member("podCIDR"));
  KF_TRY(reader.only({"default", "location", "ipv6"}));
  KF_TRY_ASSIGN(cni.pod_cidr, reader.text("default"));
  KF_TRY(reader.here(parse_pod_cidr(cni.pod_cidr)));
  KF_TRY_ASSIGN(const YamlReader location, reader.member("location"));
  KF_TRY_ASSIGN(cni.pod_cidr_location, read_location(location));
  if (const auto ipv6 = reader.optional_member("ipv6")) {
    KF_TRY_ASSIGN(cni.pod_cidr_ipv6, ipv6->boolean());
  }
  return {};
}

Status read_maintained(const YamlReader& root, Cni& cni) {
  const auto reader = root.optional_member("unmaintained");
  if (!reader) {
    return {};
  }
  KF_TRY(reader->only({"state", "why"}));
  KF_TRY_ASSIGN(const YamlReader state, reader->member("state"));
  KF_TRY_ASSIGN(const std::string word, state.text());
  if (word != "dormant" && word != "dead") {
    return state.wrong("must be dormant or dead");
  }
  cni.maintained = word == "dead" ? Maintained::no : Maintained::dormant;
  KF_TRY_ASSIGN(cni.maintained_note, reader->text("why"));
  return {};
}

Status read_unpublished(const YamlReader& root, Cni& cni) {
  if (const auto reader = root.optional_member("unpublished")) {
    KF_TRY(reader->only({"why", "instead"}));
    KF_TRY_ASSIGN(cni.unpublished, reader->text("why"));
    KF_TRY_ASSIGN(cni.unpublished_hint, reader->text("instead"));
  }
  for (const CniRelease& release : cni.releases) {
    if (release.manifests.empty() == cni.unpublished.empty()) {
      return root.wrong(fmt::format("{} needs manifests exactly when there is no unpublished", release.version));
    }
  }
  return {};
}

Status read_needs(const YamlReader& root, Cni& cni) {
  const auto reader = root.optional_member("needs");
  if (!reader) {
    return {};
  }
  KF_TRY(reader->only({"modules", "sysctls"}));
  KF_TRY_ASSIGN(cni.modules, reader->texts("modules"));
  if (const auto sysctls = reader->optional_member("sysctls")) {
    KF_TRY_ASSIGN(const auto members, sysctls->members());
    for (const auto& [name, value] : members) {
      KF_TRY_ASSIGN(cni.sysctls[name], value.scalar());
    }
  }
  return {};
}

}  // namespace

Result<Cni> read_cni_file(const YamlReader& root) {
  KF_TRY(root.only({"apiVersion", "kind", "name", "unmaintained", "unpublished", "podCIDR", "needs", "manifests",
                    "images", "runTimeImages", "architectures", "releases"}));
  Cni cni;
  KF_TRY_ASSIGN(cni.name, root.text("name"));
  KF_TRY(root.here(check_name(cni.name)));
  KF_TRY(read_pod_cidr(root, cni));
  KF_TRY(read_maintained(root, cni));
  KF_TRY(read_needs(root, cni));
  KF_TRY_ASSIGN(const YamlReader releases, root.member("releases"));
  KF_TRY_ASSIGN(const auto rows, releases.elements());
  for (const YamlReader& row : rows) {
    KF_TRY_ASSIGN(CniRelease release, read_release(row, root));
    if (!cni.releases.empty() && compare_numbers(cni.releases.back().version, release.version) <= 0) {
      return row.wrong(
          fmt::format("{} must stand before {}: newest first", release.version, cni.releases.back().version));
    }
    cni.releases.push_back(std::move(release));
  }
  if (cni.releases.empty()) {
    return releases.wrong("must not be empty");
  }
  KF_TRY(read_unpublished(root, cni));
  return cni;
}

}  // namespace kubeferry::catalog

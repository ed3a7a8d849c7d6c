// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/installer/path_mapping.hpp>

#include <map>
#include <utility>

#include <kubeferry/base/text.hpp>
#include <kubeferry/installer/client_configuration.hpp>

namespace kubeferry::installer {

namespace {

constexpr std::string_view k_coredns_long = "coredns/coredns";
constexpr std::string_view k_coredns_short = "coredns";
constexpr std::string_view k_collision_hint =
    "publish one of them elsewhere with --map SRC=DST, or all of them with --keep-host";

std::string joined(std::string_view a, std::string_view b) {
  return a.empty() || b.empty() ? fmt::format("{}{}", a, b) : fmt::format("{}/{}", a, b);
}

/// Whether `path` is `last`, or ends with it behind a "/".
bool ends_with_components(std::string_view path, std::string_view last) {
  return path == last ||
         (path.size() > last.size() && path.ends_with(last) && path[path.size() - last.size() - 1] == '/');
}

const PathRule* rule_for(std::string_view name, const std::vector<PathRule>& rules) {
  const PathRule* best = nullptr;
  for (const PathRule& rule : rules) {
    const bool fits = name == rule.source || (name.starts_with(rule.source) && name.size() > rule.source.size() &&
                                              name[rule.source.size()] == '/');
    if (fits && (best == nullptr || rule.source.size() > best->source.size())) {
      best = &rule;
    }
  }
  return best;
}

/// The path below the target's prefix.
std::string path_of(const MappingInput& input, const PathRules& rules) {
  const oci::Reference& reference = input.reference;
  const std::string name = reference.name();
  if (const PathRule* rule = rule_for(name, rules.rules)) {
    const std::string_view rest = std::string_view(name).substr(rule->source.size());
    return joined(rule->target, rest.starts_with('/') ? rest.substr(1) : rest);
  }
  if (input.kind == Kind::artifact) {
    return reference.repository.starts_with("kubeferry/") ? reference.repository
                                                          : joined("kubeferry", reference.repository);
  }
  return rules.keep_host == KeepHost::yes ? joined(registry_component(reference.registry), reference.repository)
                                          : reference.repository;
}

/// Who has which name. A name is a repository with a tag; digests name themselves and cannot collide.
class Names {
public:
  explicit Names(std::span<const MappingInput> inputs) : inputs_(inputs) {}

  /// The input that already has this name and another digest; null pointer when there is none.
  const MappingInput* take(const Mapping& mapping) {
    if (mapping.tag.empty()) {
      return nullptr;
    }
    const auto [entry, fresh] = owners_.try_emplace({mapping.repository, mapping.tag}, mapping.input);
    const MappingInput& owner = inputs_[entry->second];
    return fresh || owner.digest == inputs_[mapping.input].digest ? nullptr : &owner;
  }

private:
  std::span<const MappingInput> inputs_;
  std::map<std::pair<std::string, std::string>, std::size_t> owners_;
};

Result<std::string> repository_in(const MirrorTarget& target, const MappingInput& input, const PathRules& rules) {
  std::string repository = joined(target.prefix, path_of(input, rules));
  if (!oci::is_repository(repository)) {
    return Failure(Error{ExitCode::usage,
                         fmt::format("{} would be published as '{}', which is no name of a repository",
                                     input.reference.name(), repository),
                         "give it a name with --map SRC=DST, or a shorter prefix",
                         {}});
  }
  return repository;
}

}  // namespace

Result<MirrorTarget> MirrorTarget::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  MirrorTarget target{std::string(text.substr(0, slash)),
                      slash == std::string_view::npos ? std::string() : std::string(text.substr(slash + 1))};
  if (!oci::is_registry(target.registry) || (slash != std::string_view::npos && !oci::is_repository(target.prefix))) {
    return Failure(Error{ExitCode::usage,
                         fmt::format("'{}' is no registry to mirror to", printable(text)),
                         "write HOST[:PORT][/PREFIX], such as harbor.corp/k8s, without https://",
                         {}});
  }
  return target;
}

Result<PathRule> PathRule::parse(std::string_view text) {
  const std::size_t equals = text.find('=');
  const std::string_view source = text.substr(0, equals);
  const std::string_view target = equals == std::string_view::npos ? std::string_view() : text.substr(equals + 1);
  const std::size_t slash = source.find('/');
  const bool good_source = oci::is_registry(source.substr(0, slash)) &&
                           (slash == std::string_view::npos || oci::is_repository(source.substr(slash + 1)));
  if (equals == std::string_view::npos || !good_source || (!target.empty() && !oci::is_repository(target))) {
    return Failure(Error{ExitCode::usage,
                         fmt::format("'{}' is no rule for names", printable(text)),
                         "write SRC=DST, such as ghcr.io/flannel-io=cni; SRC starts with a registry",
                         {}});
  }
  return PathRule{std::string(source), std::string(target)};
}

std::string other_coredns_spelling(std::string_view path) {
  if (ends_with_components(path, k_coredns_long)) {
    return std::string(path.substr(0, path.size() - k_coredns_long.size())) + std::string(k_coredns_short);
  }
  if (ends_with_components(path, k_coredns_short)) {
    return std::string(path.substr(0, path.size() - k_coredns_short.size())) + std::string(k_coredns_long);
  }
  return {};
}

Result<std::vector<Mapping>> map_paths(std::span<const MappingInput> inputs, const MirrorTarget& target,
                                       const PathRules& rules) {
  Names names(inputs);
  std::vector<std::vector<Mapping>> of_input(inputs.size());
  for (std::size_t n = 0; n < inputs.size(); ++n) {
    KF_TRY_ASSIGN(std::string repository, repository_in(target, inputs[n], rules));
    Mapping mapping{n, std::move(repository), inputs[n].reference.tag.value_or("")};
    if (const MappingInput* other = names.take(mapping)) {
      return Failure(Error{ExitCode::usage,
                           fmt::format("{} and {} are different images, and both would be published as {}/{}:{}",
                                       other->reference.to_string(), inputs[n].reference.to_string(), target.registry,
                                       mapping.repository, mapping.tag),
                           std::string(k_collision_hint),
                           {}});
    }
    of_input[n].push_back(std::move(mapping));
  }
  // Second spellings come behind all first ones: they are a convenience and give way.
  for (std::size_t n = 0; n < inputs.size(); ++n) {
    Mapping second = of_input[n].front();
    second.repository = other_coredns_spelling(second.repository);
    second.second_name = true;
    if (inputs[n].kind == Kind::image && oci::is_repository(second.repository) && names.take(second) == nullptr) {
      of_input[n].push_back(std::move(second));
    }
  }
  std::vector<Mapping> all;
  for (auto& mappings : of_input) {
    std::move(mappings.begin(), mappings.end(), std::back_inserter(all));
  }
  return all;
}

}  // namespace kubeferry::installer

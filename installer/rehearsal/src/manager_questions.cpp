// SPDX-License-Identifier: Apache-2.0
// The verbs that read and write unit files, and those that say how a unit is.
#include <algorithm>
#include <filesystem>

#include <kubeferry/base/text.hpp>

#include "request.hpp"

namespace kubeferry::rehearsal {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view k_wanted = "/etc/systemd/system";

/// Links that [Install] asks for, below k_wanted.
std::vector<std::string> install_links(const UnitFile& unit) {
  std::vector<std::string> links;
  for (const auto& [key, suffix] :
       {std::pair("Install.WantedBy", "wants"), std::pair("Install.RequiredBy", "requires")}) {
    for (const auto& line : unit.settings.values(key)) {
      for (const auto& target : plain_words(line, unit.name)) {
        links.push_back(fmt::format("{}/{}.{}/{}", k_wanted, target, suffix, unit.name));
      }
    }
  }
  for (const auto& line : unit.settings.values("Install.Alias")) {
    for (const auto& alias : plain_words(line, unit.name)) {
      links.push_back(fmt::format("{}/{}", k_wanted, alias));
    }
  }
  return links;
}

}  // namespace

std::vector<std::string> Manager::links_to(const std::string& name) const {
  std::vector<std::string> found;
  std::error_code ignored;
  for (const auto& folder : fs::directory_iterator(places_.host.at(k_wanted), ignored)) {
    const std::string extension = folder.path().extension();
    const fs::path link = folder.path() / name;
    if ((extension == ".wants" || extension == ".requires") && fs::is_symlink(fs::symlink_status(link, ignored))) {
      found.push_back(link);
    } else if (folder.is_symlink(ignored) && folder.path().filename() != name &&
               fs::read_symlink(folder.path(), ignored).filename() == name) {
      found.push_back(folder.path());
    }
  }
  return found;
}

std::string Manager::enablement(const std::string& name) const {
  const auto unit = load_unit(places_.host, name);
  if (!unit) {
    return "not-found";
  }
  if (unit->masked) {
    return "masked";
  }
  if (!links_to(name).empty()) {
    return "enabled";
  }
  return install_links(*unit).empty() ? "static" : "disabled";
}

Reply Manager::enable(const std::string& name) {
  const auto unit = load_unit(places_.host, name);
  if (!unit || unit->masked) {
    return {1, "",
            fmt::format("Failed to enable unit: Unit file {} {}.\n", name, unit ? "is masked" : "does not exist")};
  }
  Reply reply;
  for (const auto& link : install_links(*unit)) {
    const fs::path at = places_.host.at(link);
    std::error_code error;
    fs::create_directories(at.parent_path(), error);
    fs::remove(at, error);
    fs::create_symlink(unit->path, at, error);
    reply += error ? Reply{1, "", fmt::format("Failed to enable unit: {}: {}\n", link, error.message())}
                   : Reply{0, "", fmt::format("Created symlink {} → {}.\n", link, unit->path)};
  }
  return reply;
}

Reply Manager::disable(const std::string& name) {
  const auto links = links_to(name);
  if (links.empty() && !load_unit(places_.host, name)) {
    return {1, "", fmt::format("Failed to disable unit: Unit file {} does not exist.\n", name)};
  }
  for (const auto& link : links) {
    std::error_code ignored;
    fs::remove(link, ignored);
  }
  return {};
}

std::string_view Manager::activity(const std::string& name) const {
  const auto found = services_.find(name);
  const std::string_view state = found == services_.end() ? "inactive" : found->second->active_state();
  return state == "inactive" && places_.outside.contains(name) ? "active" : state;
}

Reply Manager::is_active(const Request& request) {
  Reply reply{3, "", ""};
  for (const auto& name : request.units) {
    const std::string_view state = activity(name);
    reply.out += request.quiet ? "" : fmt::format("{}\n", state);
    reply.status = state == (request.verb == "is-failed" ? "failed" : "active") ? 0 : reply.status;
  }
  return reply;
}

Reply Manager::is_enabled(const Request& request) {
  Reply reply{1, "", ""};
  for (const auto& name : request.units) {
    const std::string state = enablement(name);
    if (state == "not-found") {
      reply.err += fmt::format("Failed to get unit file state for {}: No such file or directory\n", name);
      continue;
    }
    reply.out += request.quiet ? "" : state + "\n";
    reply.status = state == "enabled" || state == "static" ? 0 : reply.status;
  }
  return reply;
}

Reply Manager::status_of(const std::string& name) {
  const auto unit = load_unit(places_.host, name);
  if (!unit) {
    return {4, "", fmt::format("Unit {} could not be found.\n", name)};
  }
  const Service& known = service(name);
  Reply reply;
  reply.out = fmt::format("● {} - {}\n     Loaded: {} ({}; {}; preset: enabled)\n     Active: {} ({})\n", name,
                          unit->settings.value("Unit.Description", name), unit->masked ? "masked" : "loaded",
                          unit->path, enablement(name), activity(name), known.sub_state());
  reply.out += known.main_pid() == 0 ? "" : fmt::format("   Main PID: {}\n", known.main_pid());
  reply.status = activity(name) == "active" ? 0 : 3;
  return reply;
}

Reply Manager::properties(const Request& request, const std::string& name) {
  const auto unit = load_unit(places_.host, name);
  const Service& known = service(name);
  const UnitSettings settings = unit ? unit->settings : UnitSettings();
  const std::pair<std::string_view, std::string> all[] = {
      {"Id", name},
      {"LoadState", !unit          ? "not-found"
                    : unit->masked ? "masked"
                                   : "loaded"},
      {"ActiveState", std::string(activity(name))},
      {"SubState", std::string(known.sub_state())},
      {"Result", known.result()},
      {"MainPID", std::to_string(known.main_pid())},
      {"NRestarts", std::to_string(known.restarts())},
      {"UnitFileState", unit ? enablement(name) : ""},
      {"FragmentPath", unit ? unit->path : ""},
      {"DropInPaths", unit ? fmt::format("{}", fmt::join(unit->drop_ins, " ")) : ""},
      {"Description", settings.value("Unit.Description", name)},
      {"Type", settings.value("Service.Type", "simple")},
      {"Restart", settings.value("Service.Restart", "no")},
      {"KillMode", settings.value("Service.KillMode", "control-group")},
      {"NeedDaemonReload", "no"}};
  Reply reply;
  for (const auto& [key, value] : all) {
    if (request.properties.empty() || std::ranges::find(request.properties, key) != request.properties.end()) {
      reply.out += request.only_values ? fmt::format("{}\n", value) : fmt::format("{}={}\n", key, value);
    }
  }
  return reply;
}

Reply Manager::files_of(const std::string& name) {
  const auto unit = load_unit(places_.host, name);
  if (!unit) {
    return {1, "", fmt::format("No files found for {}.\n", name)};
  }
  Reply reply{0, fmt::format("# {}\n{}", unit->path, places_.host.text(unit->path).value_or("")), ""};
  for (const auto& drop_in : unit->drop_ins) {
    reply.out += fmt::format("\n# {}\n{}", drop_in, places_.host.text(drop_in).value_or(""));
  }
  return reply;
}

}  // namespace kubeferry::rehearsal

// SPDX-License-Identifier: Apache-2.0
#include "scene.hpp"

#include <sys/stat.h>

#include <cstdlib>

#include <gtest/gtest.h>

#include <kubeferry/base/atomic_file.hpp>

namespace kubeferry::steps {

namespace {

constexpr std::uint64_t k_largest = std::uint64_t{64} << 20;

std::filesystem::path make_folder(const std::filesystem::path& parent) {
  std::string name = (parent / "kf-steps-XXXXXX").native();
  return ::mkdtemp(name.data());
}

std::string file_description(const std::filesystem::path& path, const struct stat& info) {
  std::string text = fmt::format("{:o} {}:{} ", info.st_mode, info.st_uid, info.st_gid);
  if (S_ISLNK(info.st_mode)) {
    return text + "-> " + std::filesystem::read_symlink(path).native();
  }
  if (S_ISREG(info.st_mode)) {
    return text + read_file(path, k_largest).value_or("(unreadable)");
  }
  return text;
}

}  // namespace

std::string FakeSystem::get(const std::string& name, const std::string& otherwise) const {
  return read_file(folder_ / name, k_largest).value_or(otherwise);
}

void FakeSystem::set(const std::string& name, const std::string& value) const {
  const Status written = write_file_atomically(folder_ / name, value, 0600);
  EXPECT_TRUE(written) << written.error().message;
}

Result<ProcessOutput> FakeSystem::run(const Command& command) {
  const std::string name = std::filesystem::path(command.argv.at(0)).filename();
  const std::string line = fmt::format("{} {}", name, fmt::join(command.argv.begin() + 1, command.argv.end(), " "));
  if (!line.starts_with("systemctl is-")) {
    set("log", log() + line + "\n");
  }
  if (name == "systemctl") {
    return systemctl(command.argv);
  }
  if (name == "modprobe" || name == "rmmod") {
    return modprobe(command.argv);
  }
  if (name == "journalctl") {
    return ProcessOutput{.exit_status = 0, .out = "one\ncannot bind: address in use\n", .err = {}};
  }
  return ProcessOutput{};
}

ProcessOutput FakeSystem::systemctl(const std::vector<std::string>& argv) const {
  const std::string verb = argv.at(1);
  const std::string unit = argv.size() > 2 ? argv.back() : "";
  const bool exists = std::filesystem::exists(root_ / "etc/systemd/system" / unit) ||
                      std::filesystem::exists(root_ / "usr/lib/systemd/system" / unit);
  const auto known = [&](const std::string& key, const std::string& otherwise) {
    return get(unit + "." + key, otherwise);
  };
  if (verb == "is-enabled") {
    const std::string state = exists ? known("enabled", "disabled") : "not-found";
    return {.exit_status = state == "enabled" ? 0 : 1, .out = state + "\n", .err = {}};
  }
  if (verb == "is-active") {
    const std::string state = known("active", "inactive");
    return {.exit_status = state == "active" ? 0 : 3, .out = state + "\n", .err = {}};
  }
  if (verb == "daemon-reload" || verb == "reset-failed") {
    return {};
  }
  if (!exists && verb != "stop") {
    return {.exit_status = 5, .out = {}, .err = "Unit " + unit + " not found.\n"};
  }
  if (verb == "enable" || verb == "disable") {
    set(unit + ".enabled", verb + "d");
  } else if (verb == "start" || verb == "restart") {
    const std::string broken = known("broken", "");
    set(unit + ".active", broken.empty() ? "active" : "failed");
    if (broken == "at once") {
      return {.exit_status = 1, .out = {}, .err = "Job for " + unit + " failed.\n"};
    }
  } else if (verb == "stop") {
    set(unit + ".active", "inactive");
  }
  return {};
}

ProcessOutput FakeSystem::modprobe(const std::vector<std::string>& argv) const {
  const std::string name = argv.back();
  const std::string modules = read_file(root_ / "proc/modules", k_largest).value_or("");
  std::string left;
  const bool unload = argv.at(0).ends_with("rmmod");
  // br_netfilter needs bridge, as in a real kernel.
  const std::vector<std::string> names =
      name == "br_netfilter" && !unload ? std::vector<std::string>{"bridge", name} : std::vector<std::string>{name};
  if (name == "nosuch" || (unload && get("in-use") == name)) {
    return {.exit_status = 1,
            .out = {},
            .err = fmt::format("modprobe: FATAL: Module {} {}.\n", name, unload ? "is in use" : "not found")};
  }
  for (const auto line : split(modules, '\n')) {
    const bool named = std::find(names.begin(), names.end(), line.substr(0, line.find(' '))) != names.end();
    if (!line.empty() && !named) {
      left += std::string(line) + "\n";
    }
  }
  for (const auto& each : unload ? std::vector<std::string>{} : names) {
    left += each + " 16384 0 - Live 0x0000000000000000\n";
  }
  EXPECT_TRUE(write_file_atomically(root_ / "proc/modules", left, 0444));
  return {};
}

Scene::Scene() : Scene(testing::TempDir()) {}

Scene::Scene(const std::filesystem::path& parent) : folder_(make_folder(parent)) {
  std::filesystem::create_directories(folder_ / "root/var/lib");
  std::filesystem::create_directories(folder_ / "system");
  system_ = std::make_shared<FakeSystem>(folder_ / "system", folder_ / "root");
  host_ = std::make_unique<host::Host>(folder_ / "root", system_);
}

Scene::~Scene() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void Scene::write(std::string_view path, std::string_view text, unsigned mode) const {
  std::filesystem::create_directories(at(path).parent_path());
  const Status written = write_file_atomically(at(path), text, mode);
  ASSERT_TRUE(written) << written.error().message;
}

std::string Scene::read(std::string_view path) const { return read_file(at(path), k_largest).value_or("(nothing)"); }

std::map<std::string, std::string> Scene::tree() const {
  std::map<std::string, std::string> tree;
  const std::filesystem::path root = folder_ / "root";
  for (auto entry = std::filesystem::recursive_directory_iterator(root);
       entry != std::filesystem::recursive_directory_iterator(); ++entry) {
    const std::string path = "/" + entry->path().lexically_relative(root).native();
    if (path == "/proc" || path == k_state_directory) {
      entry.disable_recursion_pending();
      continue;
    }
    struct stat info {};
    EXPECT_EQ(::lstat(entry->path().c_str(), &info), 0);
    tree[path] = file_description(entry->path(), info);
  }
  return tree;
}

RunOptions Scene::options() const {
  RunOptions options;
  options.warning = [this](std::string_view line) { warnings_.emplace_back(line); };
  return options;
}

Result<RunResult> Scene::apply(const Plan& plan) const {
  KF_TRY_ASSIGN(Journal journal, Journal::open(*host_));
  KF_TRY(journal.start_run("init", Json::object(), &plan));
  KF_TRY_ASSIGN(const RunResult result, steps::apply(*host_, journal, plan, options()));
  KF_TRY(journal.end_run("finished"));
  return result;
}

Status Scene::undo() const {
  KF_TRY_ASSIGN(Journal journal, Journal::open(*host_));
  return undo_all(*host_, journal, basic_undoers(), options());
}

Status Scene::undo_and_remove() const {
  KF_TRY_ASSIGN(Journal journal, Journal::open(*host_));
  KF_TRY(undo_all(*host_, journal, basic_undoers(), options()));
  return journal.remove({});
}

std::filesystem::path fast_folder() {
  return std::filesystem::is_directory("/dev/shm") ? "/dev/shm" : testing::TempDir();
}

}  // namespace kubeferry::steps

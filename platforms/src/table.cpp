// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <cstdlib>

#include <kubeferry/base/json.hpp>
#include <kubeferry/platforms/platform.hpp>

#include "embedded.hpp"

namespace kubeferry::platforms {

namespace {

/// The parsed descriptions with the texts that the table's views point into.
struct Table {
  std::vector<Json> documents;
  std::vector<Platform> platforms;
};

Result<std::string_view> text(const JsonView& object, std::string_view key) {
  KF_TRY_ASSIGN(const auto member, object.member(key));
  const std::string* value = member.value().as_string();
  if (value == nullptr) {
    return member.wrong("must be text");
  }
  return std::string_view(*value);
}

template <class T>
Result<T> small(const JsonView& object, std::string_view key, std::uint64_t maximum) {
  KF_TRY_ASSIGN(const std::uint64_t value, object.unsigned_integer(key));
  if (value == 0 || value > maximum) {
    return object.wrong("is out of range");
  }
  return static_cast<T>(value);
}

Result<Platform> describe(const Json& document, std::string_view name) {
  const JsonView view(document, std::string(name));
  KF_TRY(view.only({"name", "architecture", "variant", "machines", "triplet", "debian", "rpm", "runc", "containerd",
                    "qemu", "elf"}));
  Platform platform;
  KF_TRY_ASSIGN(platform.name, text(view, "name"));
  KF_TRY_ASSIGN(platform.architecture, text(view, "architecture"));
  KF_TRY_ASSIGN(platform.variant, text(view, "variant"));
  KF_TRY_ASSIGN(platform.triplet, text(view, "triplet"));
  KF_TRY_ASSIGN(platform.debian, text(view, "debian"));
  KF_TRY_ASSIGN(platform.rpm, text(view, "rpm"));
  KF_TRY_ASSIGN(platform.runc, text(view, "runc"));
  KF_TRY_ASSIGN(platform.containerd, text(view, "containerd"));
  KF_TRY_ASSIGN(platform.qemu, text(view, "qemu"));
  KF_TRY_ASSIGN(const auto machines, view.elements("machines"));
  for (const JsonView& machine : machines) {
    const std::string* value = machine.value().as_string();
    if (value == nullptr) {
      return machine.wrong("must be text");
    }
    platform.machines.emplace_back(*value);
  }
  if (platform.machines.empty()) {
    return view.wrong("needs a machine");
  }
  KF_TRY_ASSIGN(const auto elf, view.member("elf"));
  KF_TRY_ASSIGN(platform.elf_machine, small<std::uint16_t>(elf, "machine", 0xffff));
  KF_TRY_ASSIGN(platform.elf_class, small<std::uint8_t>(elf, "class", 2));
  KF_TRY_ASSIGN(platform.elf_data, small<std::uint8_t>(elf, "data", 2));
  return platform;
}

Result<Table> read() {
  Table table;
  const auto files = embedded_files();
  table.documents.reserve(files.size());  // views point into the documents: they must not move
  for (const EmbeddedFile& file : files) {
    KF_TRY_ASSIGN(Json document, parse_json(file.content, file.name));
    table.documents.push_back(std::move(document));
    KF_TRY_ASSIGN(Platform platform, describe(table.documents.back(), file.name));
    table.platforms.push_back(std::move(platform));
  }
  return table;
}

}  // namespace

std::span<const Platform> all() {
  static const Table k_table = [] {
    Result<Table> table = read();
    if (!table) {
      // The data was compiled in: nothing the caller could do, and no test passes with it.
      std::fprintf(stderr, "kubeferry: platforms/data: %s\n", table.error().message.c_str());
      std::abort();
    }
    return std::move(*table);
  }();
  return k_table.platforms;
}

}  // namespace kubeferry::platforms

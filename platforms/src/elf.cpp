// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <optional>

#include <kubeferry/base/text.hpp>
#include <kubeferry/platforms/platform.hpp>

namespace kubeferry::platforms {

namespace {

/// What tells one platform's executables from another's (ELF gABI, e_ident and e_machine).
struct Identity {
  std::uint8_t file_class = 0;
  std::uint8_t data = 0;
  std::uint16_t machine = 0;
};

constexpr std::size_t k_identity_bytes = 20;

bool is_elf(ByteView header) {
  constexpr std::array magic = {std::byte{0x7f}, std::byte{'E'}, std::byte{'L'}, std::byte{'F'}};
  return header.size() >= magic.size() && std::ranges::equal(header.first(magic.size()), magic);
}

std::optional<Identity> identity(ByteView header) {
  if (!is_elf(header) || header.size() < k_identity_bytes) {
    return std::nullopt;
  }
  Identity found{std::to_integer<std::uint8_t>(header[4]), std::to_integer<std::uint8_t>(header[5]), 0};
  const auto low = std::to_integer<unsigned>(header[found.data == 2 ? 19 : 18]);
  const auto high = std::to_integer<unsigned>(header[found.data == 2 ? 18 : 19]);
  found.machine = static_cast<std::uint16_t>(high << 8U | low);
  return found;
}

bool is_of(const Identity& identity, const Platform& platform) {
  return identity.file_class == platform.elf_class && identity.data == platform.elf_data &&
         identity.machine == platform.elf_machine;
}

}  // namespace

const Platform* of_elf(ByteView header) {
  const auto found = identity(header);
  if (!found) {
    return nullptr;
  }
  const auto platforms = all();
  const auto match = std::ranges::find_if(platforms, [&](const Platform& each) { return is_of(*found, each); });
  return match == platforms.end() ? nullptr : &*match;
}

Status check_executable(ByteView header, const Platform& wanted, std::string_view what) {
  if (!is_elf(header)) {
    return {};
  }
  const auto found = identity(header);
  if (!found) {
    return fail(ExitCode::integrity, "{}: an ELF file that ends inside its header", what);
  }
  if (is_of(*found, wanted)) {
    return {};
  }
  if (const Platform* other = of_elf(header)) {
    return fail(ExitCode::integrity, "{}: is an executable for {}, not for {}", what, other->name, wanted.name);
  }
  return fail(ExitCode::integrity, "{}: is an executable for ELF machine {} ({} bits, {}-endian), not for {}", what,
              found->machine, found->file_class == 2 ? 64 : 32, found->data == 2 ? "big" : "little", wanted.name);
}

}  // namespace kubeferry::platforms

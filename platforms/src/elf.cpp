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

/// An unsigned number of `width` bytes in the file's own byte order; nothing past the end.
std::optional<std::uint64_t> number_at(ByteView bytes, std::uint64_t at, std::size_t width, bool big_endian) {
  if (at > bytes.size() || bytes.size() - at < width) {
    return std::nullopt;
  }
  std::uint64_t value = 0;
  for (std::size_t n = 0; n < width; ++n) {
    const std::size_t place = static_cast<std::size_t>(at) + (big_endian ? n : width - 1 - n);
    value = value << 8U | std::to_integer<std::uint64_t>(bytes[place]);
  }
  return value;
}

}  // namespace

bool is_static(ByteView start) {
  const auto found = identity(start);
  if (!found || (found->file_class != 1 && found->file_class != 2)) {
    return false;
  }
  const bool wide = found->file_class == 2;
  const bool big = found->data == 2;
  // e_phoff, e_phentsize, e_phnum; p_type is the first word of each program header.
  const auto table = number_at(start, wide ? 32 : 28, wide ? 8 : 4, big);
  const auto size = number_at(start, wide ? 54 : 42, 2, big);
  const auto count = number_at(start, wide ? 56 : 44, 2, big);
  if (!table || !size || !count || *table > start.size()) {
    return false;
  }
  constexpr std::uint64_t k_interpreter = 3;
  for (std::uint64_t n = 0; n < *count; ++n) {
    const auto type = number_at(start, *table + n * *size, 4, big);
    if (!type || *type == k_interpreter) {
      return false;
    }
  }
  return *count > 0;
}

Result<Bytes> head_of(Source& file, std::size_t most) {
  Bytes head(most);
  std::size_t size = 0;
  while (size < head.size()) {
    KF_TRY_ASSIGN(const std::size_t count, file.read(MutableByteView(head).subspan(size)));
    if (count == 0) {
      break;
    }
    size += count;
  }
  head.resize(size);
  return head;
}

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

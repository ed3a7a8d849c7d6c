// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <fcntl.h>

#include <array>

#include <kubeferry/base/fd.hpp>
#include <kubeferry/platforms/platform.hpp>

namespace kubeferry::platforms {
namespace {

using Header = std::array<std::byte, 64>;

Header header_of(const Platform& platform) {
  Header header{};
  header[0] = std::byte{0x7f};
  header[1] = std::byte{'E'};
  header[2] = std::byte{'L'};
  header[3] = std::byte{'F'};
  header[4] = std::byte{platform.elf_class};
  header[5] = std::byte{platform.elf_data};
  const bool big = platform.elf_data == 2;
  header[big ? 18 : 19] = static_cast<std::byte>(platform.elf_machine >> 8U);
  header[big ? 19 : 18] = static_cast<std::byte>(platform.elf_machine & 0xffU);
  return header;
}

TEST(Elf, EachPlatformTakesItsOwnAndNoOther) {
  for (const Platform& made : all()) {
    const Header header = header_of(made);
    EXPECT_EQ(of_elf(header), &made);
    for (const Platform& wanted : all()) {
      const Status status = check_executable(header, wanted, "kubelet");
      EXPECT_EQ(status.has_value(), &made == &wanted) << made.name << " on " << wanted.name;
      if (!status) {
        EXPECT_EQ(status.error().code, ExitCode::integrity);
        EXPECT_EQ(status.error().message,
                  fmt::format("kubelet: is an executable for {}, not for {}", made.name, wanted.name));
      }
    }
  }
}

TEST(Elf, BigEndianPowerIsNotPpc64le) {
  Header header = header_of(**find("ppc64le"));
  header[5] = std::byte{2};
  std::swap(header[18], header[19]);
  EXPECT_EQ(of_elf(header), nullptr);
  const Status status = check_executable(header, **find("ppc64le"), "f");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message,
            "f: is an executable for ELF machine 21 (64 bits, big-endian), not for "
            "linux/ppc64le");
}

TEST(Elf, ScriptsGoAnywhereAndTruncatedHeadersNowhere) {
  const Platform& arm = **find("arm");
  EXPECT_TRUE(check_executable(as_byte_view("#!/bin/sh\n"), arm, "f"));
  EXPECT_TRUE(check_executable({}, arm, "f"));
  const Header header = header_of(arm);
  for (std::size_t size = 4; size < 20; ++size) {
    EXPECT_FALSE(check_executable(ByteView(header).first(size), arm, "f")) << size;
    EXPECT_EQ(of_elf(ByteView(header).first(size)), nullptr);
  }
  EXPECT_TRUE(check_executable(ByteView(header).first(20), arm, "f"));
}

TEST(Elf, ThisProgramRunsHere) {
  const auto fd = open_file("/proc/self/exe", O_RDONLY);
  ASSERT_TRUE(fd);
  Header header{};
  ASSERT_TRUE(read_exactly_at(fd->get(), 0, header, "exe"));
  const auto here = host();
  ASSERT_TRUE(here);
  EXPECT_EQ(of_elf(header), *here);
}

}  // namespace
}  // namespace kubeferry::platforms

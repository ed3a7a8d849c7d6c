// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/host/complaint.hpp>

#include <gtest/gtest.h>

namespace kubeferry::host {
namespace {

TEST(ClassOf, AFullDiskInEachProgramsWords) {
  for (const auto* said :
       {"failed to extract layer: write /var/lib/containerd/x: no space left on device: unknown",
        "cp: error writing '/usr/local/bin/x': No space left on device", "mkdir /x: disk quota exceeded"}) {
    EXPECT_EQ(class_of(said, ExitCode::network), ExitCode::no_space) << said;
  }
}

TEST(ClassOf, AnythingElseIsWhatTheCallerTakesItFor) {
  EXPECT_EQ(class_of("connection refused", ExitCode::network), ExitCode::network);
  EXPECT_EQ(class_of("", ExitCode::io), ExitCode::io);
}

}  // namespace
}  // namespace kubeferry::host

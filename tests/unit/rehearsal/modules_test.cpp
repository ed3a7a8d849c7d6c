// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/rehearsal/modules.hpp>

#include <gmock/gmock.h>

namespace kubeferry::rehearsal {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(ParseModules, Names) {
  EXPECT_THAT(parse_modules("overlay 151552 0 - Live 0x0\nbridge 311296 1 br_netfilter, Live 0x0\n"),
              ElementsAre("bridge", "overlay"));
  EXPECT_THAT(parse_modules(""), IsEmpty());
}

TEST(LoadedByUs, NotWhatWasThereNorWhatSomebodyPluggedIn) {
  EXPECT_THAT(
      loaded_by_us({"overlay", "ext4"}, {"overlay", "ext4", "br_netfilter", "xt_comment", "usb_storage", "uas"}),
      ElementsAre("br_netfilter", "xt_comment"));
}

}  // namespace
}  // namespace kubeferry::rehearsal

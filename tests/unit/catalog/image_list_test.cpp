// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <kubeferry/catalog/spec.hpp>

namespace kubeferry::catalog {
namespace {

using testing::ElementsAre;

TEST(ImageList, OneReferenceALine) {
  const auto spec =
      parse_spec("# control plane\nregistry.k8s.io/pause:3.10\n\n  busybox  # tools\r\nregistry.k8s.io/pause:3.10\n",
                 "lists/my images.txt");
  ASSERT_TRUE(spec) << spec.error().message;
  EXPECT_THAT(spec->images, ElementsAre("registry.k8s.io/pause:3.10", "busybox"));
  EXPECT_EQ(spec->name, "my-images");
  EXPECT_EQ(spec->stream, "my-images");
  EXPECT_EQ(spec->version, "0");
  EXPECT_EQ(spec->platforms.size(), 5U);
  EXPECT_EQ(spec->missing, Missing::skip);
}

TEST(ImageList, NamesFromOddFileNames) {
  EXPECT_EQ(parse_spec("a\n", "--help.txt")->name, "help");
  EXPECT_EQ(parse_spec("a\n", "...")->name, "images");
  EXPECT_EQ(parse_spec("a\n", "\xc3\xa4.txt")->name, "images");
}

TEST(ImageList, ErrorsSayWhere) {
  const auto spec = parse_spec("busybox\n  Nginx:latest\n", "images.txt");
  ASSERT_FALSE(spec);
  EXPECT_EQ(spec.error().code, ExitCode::usage);
  EXPECT_THAT(spec.error().message, testing::StartsWith("images.txt:2:3: \"Nginx:latest\" is no image reference"));
  EXPECT_THAT(spec.error().hint, testing::HasSubstr("apiVersion: kubeferry/v1"));
}

TEST(ImageList, EmptyIsAnError) {
  for (const std::string_view text : {"", "\n\n", "# apiVersion: kubeferry/v1\n"}) {
    const auto spec = parse_spec(text, "images.txt");
    ASSERT_FALSE(spec);
    EXPECT_EQ(spec.error().message, "images.txt: holds nothing to carry");
  }
}

}  // namespace
}  // namespace kubeferry::catalog

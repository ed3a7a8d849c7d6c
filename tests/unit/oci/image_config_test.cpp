// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <kubeferry/oci/manifest.hpp>

namespace kubeferry::oci {
namespace {

const std::string k_diff_id = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

Result<ImageConfig> parse_config(const std::string& text) { return parse_image_config(as_byte_view(text), "config"); }
ExitCode config_error(const std::string& text) {
  const auto config = parse_config(text);
  return config ? ExitCode::ok : config.error().code;
}

TEST(ImageConfig, ReadsPlatformAndLayers) {
  const auto config = parse_config(R"({"architecture":"arm","os":"linux","variant":"v7","config":{"User":"1","x":1.5},)"
                                   R"("rootfs":{"type":"layers","diff_ids":[")" +
                                   k_diff_id + R"("]}})");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->platform.to_string(), "linux/arm/v7");
  ASSERT_EQ(config->diff_ids.size(), 1U);
  EXPECT_EQ(config->diff_ids[0].to_string(), k_diff_id);
}

TEST(ImageConfig, MayHaveNoLayers) {
  EXPECT_TRUE(
      parse_config(R"({"os":"linux","architecture":"arm","rootfs":{"diff_ids":null}})").value().diff_ids.empty());
}

TEST(ImageConfig, RefusesWrongShapes) {
  EXPECT_EQ(config_error("{}"), ExitCode::format);
  EXPECT_EQ(config_error("[]"), ExitCode::format);
  EXPECT_EQ(config_error(R"({"os":1,"rootfs":{"diff_ids":[]}})"), ExitCode::format);
  EXPECT_EQ(config_error(R"({"os":"linux","OS":"windows","rootfs":{"diff_ids":[]}})"), ExitCode::format);
  EXPECT_EQ(config_error(R"({"rootfs":{"diff_ids":["sha256:x"]}})"), ExitCode::format);
  EXPECT_EQ(config_error(R"({"rootfs":{"diff_ids":"x"}})"), ExitCode::format);
  EXPECT_EQ(config_error(R"({"rootfs":{"diff_ids":[]},"x":")" + std::string(k_max_config_bytes, 'x') + R"("})"),
            ExitCode::limit);
}

// SECURITY.md M51.
TEST(ImageConfig, LayerCountMustAgree) {
  Manifest manifest;
  ImageConfig config;
  EXPECT_TRUE(check_layer_count(manifest, config, "image"));
  manifest.layers.resize(2);
  config.diff_ids.resize(1);
  EXPECT_EQ(check_layer_count(manifest, config, "image").error().code, ExitCode::integrity);
}

// SECURITY.md M50.
TEST(ImageConfig, KnowsWhenItContradictsTheIndex) {
  const auto config = [](std::string architecture, std::string variant) {
    return ImageConfig{{"linux", std::move(architecture), std::move(variant), ""}, {}};
  };
  const Platform arm{"linux", "arm", "v7", ""};
  EXPECT_FALSE(contradicts(config("arm", "v7"), arm));
  EXPECT_FALSE(contradicts(config("arm", ""), arm)) << "old configurations have no variant";
  EXPECT_FALSE(contradicts(config("arm", "v7"), {"linux", "arm", "", ""}));
  EXPECT_FALSE(contradicts(config("arm64", "v8"), {"linux", "arm64", "", ""}));
  EXPECT_TRUE(contradicts(config("arm", "v6"), arm));
  EXPECT_TRUE(contradicts(config("amd64", ""), arm));
  EXPECT_TRUE(contradicts(config("amd64", ""), {"windows", "amd64", "", ""}));
}

}  // namespace
}  // namespace kubeferry::oci

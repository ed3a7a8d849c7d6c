// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/oci/manifest.hpp>

#include <gtest/gtest.h>

#include <kubeferry/oci/media_type.hpp>

namespace kubeferry::oci {
namespace {

const std::string k_config_digest = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

std::string descriptor(std::string_view type, const std::string& more = "") {
  return fmt::format(R"({{"mediaType":"{}","digest":"{}","size":3{}}})", type, k_config_digest, more);
}
std::string document(std::string_view media_type, const std::string& members) {
  const std::string type = media_type.empty() ? "" : fmt::format(R"("mediaType":"{}",)", media_type);
  return R"({"schemaVersion":2,)" + type + members + "}";
}
std::string layers(const std::string& list) {
  return R"("config":)" + descriptor(k_oci_config) + R"(,"layers":[)" + list + "]";
}
std::string repeat(const std::string& text, std::size_t count) {
  std::string list;
  for (std::size_t i = 0; i < count; ++i) {
    list.append(i == 0 ? "" : ",").append(text);
  }
  return list;
}
ExitCode manifest_error(const std::string& text, std::string_view media_type = "") {
  const auto parsed = parse_document(as_byte_view(text), media_type, "pause:3.10");
  EXPECT_TRUE(parsed || parsed.error().message.find("pause:3.10") != std::string::npos) << parsed.error().message;
  return parsed ? ExitCode::ok : parsed.error().code;
}

TEST(ParseDocument, ReadsAllFourKinds) {
  const std::string list = R"("manifests":[)" + descriptor(k_oci_manifest) + "]";
  for (const std::string_view type : {k_oci_index, k_docker_index}) {
    const auto index = parse_index(as_byte_view(document(type, list)), type, "x");
    ASSERT_TRUE(index) << index.error().message;
    EXPECT_EQ(index->media_type, type);
    EXPECT_EQ(index->manifests.size(), 1U);
  }
  for (const std::string_view type : {k_oci_manifest, k_docker_manifest}) {
    const std::string text = document(type, layers(descriptor(k_oci_layer_gzip)));
    const auto manifest = parse_manifest(as_byte_view(text), type, "x");
    ASSERT_TRUE(manifest) << manifest.error().message;
    EXPECT_EQ(manifest->media_type, type);
    EXPECT_EQ(manifest->layers.size(), 1U);
    EXPECT_EQ(manifest->config.media_type, k_oci_config);
  }
}

TEST(ParseDocument, MediaTypeMayBeMissingOnOneSide) {
  const std::string list = R"("manifests":[])";
  EXPECT_EQ(parse_index(as_byte_view(document("", list)), k_docker_index, "x").value().media_type, k_docker_index);
  EXPECT_EQ(parse_index(as_byte_view(document(k_docker_index, list)), "", "x").value().media_type, k_docker_index);
  EXPECT_EQ(parse_index(as_byte_view(document("", list)), "", "x").value().media_type, k_oci_index);
  EXPECT_EQ(parse_manifest(as_byte_view(document("", layers(""))), "", "x").value().media_type, k_oci_manifest);
}

TEST(ParseDocument, KeepsSubjectAndAnnotations) {
  const auto manifest = parse_manifest(
      as_byte_view(document(k_oci_manifest, layers("") + R"(,"artifactType":"a","annotations":{"k":"v"},"subject":)" +
                                                descriptor(k_oci_manifest))),
      "", "x");
  ASSERT_TRUE(manifest) << manifest.error().message;
  EXPECT_EQ(manifest->artifact_type, "a");
  EXPECT_EQ(manifest->annotations, (Annotations{{"k", "v"}}));
  EXPECT_TRUE(manifest->subject);
}

// SECURITY.md M46.
TEST(ParseDocument, RefusesWhatTwoReadersCouldReadDifferently) {
  const std::string list = R"("manifests":[])";
  EXPECT_EQ(manifest_error(document(k_oci_index, list + "," + layers(""))), ExitCode::format);
  EXPECT_EQ(manifest_error(document(k_oci_manifest, list + "," + layers(""))), ExitCode::format);
  EXPECT_EQ(manifest_error(document(k_oci_index, list + R"(,"config":null)")), ExitCode::format);
  EXPECT_EQ(manifest_error(document(k_oci_index, list), k_oci_manifest), ExitCode::format) << "announced as another";
  EXPECT_EQ(manifest_error(document(k_oci_index, list), k_docker_index), ExitCode::format) << "announced as another";
  EXPECT_EQ(manifest_error(document("", list), k_oci_manifest), ExitCode::format);
  EXPECT_EQ(manifest_error(document("", layers("")), k_oci_index), ExitCode::format);
  EXPECT_EQ(manifest_error(document("", layers("") + R"(,"Layers":[])")), ExitCode::format);
  EXPECT_EQ(manifest_error(document("", layers("") + R"(,"MANIFESTS":[])")), ExitCode::format);
  EXPECT_EQ(manifest_error(document("", layers("") + R"(,"layers":[])")), ExitCode::format) << "duplicate";
  EXPECT_EQ(manifest_error(document("application/json", layers(""))), ExitCode::format);
  EXPECT_EQ(manifest_error(document("", R"("config":)" + descriptor(k_oci_config))), ExitCode::format) << "no layers";
  EXPECT_EQ(manifest_error(document("", "\"x\":1")), ExitCode::format);
  EXPECT_EQ(manifest_error("[]"), ExitCode::format);
  EXPECT_EQ(manifest_error(""), ExitCode::format);
}

TEST(ParseDocument, NamesSchema1) {
  for (const std::string& text :
       {std::string(R"({"schemaVersion":1,"fsLayers":[]})"), document(k_oci_manifest, layers("") + R"(,"fsLayers":[])"),
        std::string(R"({"schemaVersion":1})")}) {
    const auto parsed = parse_document(as_byte_view(text), "", "old");
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().code, ExitCode::format);
    EXPECT_NE(parsed.error().message.find("schema 1"), std::string::npos);
  }
  EXPECT_EQ(manifest_error(document("", layers("")), "application/vnd.docker.distribution.manifest.v1+prettyjws"),
            ExitCode::format);
  EXPECT_EQ(manifest_error("{" + layers("") + "}"), ExitCode::format) << "no schemaVersion at all";
}

TEST(ParseDocument, AsksForTheRightKind) {
  EXPECT_EQ(parse_index(as_byte_view(document("", layers(""))), "", "x").error().code, ExitCode::format);
  EXPECT_EQ(parse_manifest(as_byte_view(document("", R"("manifests":[])")), "", "x").error().code, ExitCode::format);
}

// SECURITY.md M47 and M48.
TEST(ParseDocument, HasCaps) {
  const std::string layer = descriptor(k_oci_layer_gzip);
  EXPECT_EQ(manifest_error(document("", layers(repeat(layer, 10'000)))), ExitCode::ok);
  EXPECT_EQ(manifest_error(document("", layers(repeat(layer, 10'001)))), ExitCode::limit);
  EXPECT_EQ(manifest_error(document("", R"("manifests":[)" + repeat(descriptor(k_oci_manifest), 10'001) + "]")),
            ExitCode::limit);
  EXPECT_EQ(manifest_error(document("", layers("") + R"(,"x":")" + std::string(k_max_manifest_bytes, 'x') + "\"")),
            ExitCode::limit);
  EXPECT_EQ(manifest_error(document("", layers("") + R"(,"x":)" + std::string(40, '[') + std::string(40, ']'))),
            ExitCode::limit);
  EXPECT_EQ(manifest_error(document("", layers("") + R"(,"annotations":{"a":")" + std::string(1 << 20, 'A') + R"("})")),
            ExitCode::limit);
}

// SECURITY.md M49.
TEST(ParseDocument, NamesLayersThatCannotBeCarried) {
  const std::vector<std::string> bad = {
      descriptor("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", R"(,"urls":["https://microsoft/x"])"),
      descriptor("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"),
      descriptor(k_oci_layer_gzip, R"(,"urls":["https://elsewhere/x"])"),
      descriptor("application/vnd.oci.image.layer.v1.tar+gzip+encrypted"),
  };
  for (const std::string& layer : bad) {
    const auto parsed = parse_document(as_byte_view(document("", layers(layer))), "", "image");
    ASSERT_FALSE(parsed) << layer;
    EXPECT_EQ(parsed.error().code, ExitCode::format);
    EXPECT_NE(parsed.error().message.find(k_config_digest), std::string::npos) << parsed.error().message;
  }
}

TEST(CheckRunnable, WantsImages) {
  const auto runnable = [](const std::string& members) {
    return check_runnable(parse_manifest(as_byte_view(document("", members)), "", "x").value(), "x");
  };
  EXPECT_TRUE(runnable(layers(repeat(descriptor(k_oci_layer_zstd), 200))));
  EXPECT_TRUE(runnable(layers("")));
  const Status unknown = runnable(layers(descriptor("application/vnd.in-toto+json")));
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, ExitCode::format);
  EXPECT_NE(unknown.error().message.find("in-toto"), std::string::npos);
  EXPECT_FALSE(runnable(R"("config":)" + descriptor(k_oci_empty) + R"(,"layers":[])"));
}

}  // namespace
}  // namespace kubeferry::oci

// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/bundle/manifest.hpp>

#include <gtest/gtest.h>

#include <kubeferry/bundle/bundle.hpp>

#include "sample.hpp"

namespace kubeferry::bundle {
namespace {

using namespace testing_support;

TEST(Manifest, ItsTextRoundTrips) {
  const Folder folder;
  const auto key = crypto::PrivateKey::generate(crypto::KeyAlgorithm::ecdsa_p256);
  write_sample(folder / "a", *key);
  const auto bundle = Bundle::open(folder / "a", crypto::Keyset::of(key->public_key(), "k"));
  ASSERT_TRUE(bundle) << bundle.error().message;
  EXPECT_EQ(to_text((*bundle)->manifest()), (*bundle)->front().manifest);
  EXPECT_EQ((*bundle)->manifest().images.at(0).manifests.at(1).platform, "linux/arm64");
  EXPECT_EQ((*bundle)->manifest().files.at(1).mode, 0755U);
}

TEST(Manifest, RefusesWhatIsNone) {
  for (const std::string_view text : {"", "{}", "[]", "null", R"({"kind":"x"})", R"({"kind":"kubeferry/bundle/v1"})",
                                      R"({"kind":"kubeferry/bundle/v1","minimumTool":"zero"})"}) {
    EXPECT_EQ(parse_manifest(text).error().code, ExitCode::format) << text;
  }
  EXPECT_EQ(parse_manifest(std::string(20 << 20, ' ')).error().code, ExitCode::limit);
}

}  // namespace
}  // namespace kubeferry::bundle

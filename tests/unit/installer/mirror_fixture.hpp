// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <kubeferry/installer/mirror.hpp>
#include <kubeferry/oci/manifest.hpp>

#include "bundle_maker.hpp"
#include "fake_registry.hpp"

namespace kubeferry::installer::testing_support {

/// A bundle that is made image by image, and a registry to mirror it into.
class MirrorTest : public ::testing::Test {
protected:
  MirrorOptions options(const FakeRegistry& registry) {
    MirrorOptions out;
    out.target = {registry.authority(), "k8s"};
    out.endpoint.plain_http = true;
    out.http.proxy = net::Proxy::none;
    out.http.retry.attempts = 1;
    out.jobs = 4;
    out.warning = [this](std::string_view line) { warnings_.emplace_back(line); };
    return out;
  }
  MirrorOptions options() { return options(registry_); }
  std::shared_ptr<const bundle::Bundle> bundle() {
    if (!bundle_) {
      bundle_ = maker_.write(folder_, "bundle");
    }
    return bundle_;
  }
  MirrorResult run(const MirrorOptions& given) {
    auto result = mirror({bundle()}, given);
    EXPECT_TRUE(result) << result.error().message;
    return result ? std::move(*result) : MirrorResult{};
  }
  Error failure(const MirrorOptions& given) {
    const auto result = mirror({bundle()}, given);
    EXPECT_FALSE(result);
    return result ? Error{} : result.error();
  }
  /// An index with amd64 here and s390x elsewhere.
  oci::Descriptor sparse(const std::string& reference, unsigned seed) {
    const auto amd64 = maker_.image("amd64", {seed});
    const auto index = maker_.index({{"amd64", amd64}}, {"s390x"});
    maker_.name(reference, index, {{"linux/amd64", amd64}}, {"linux/s390x"});
    return index;
  }

  Folder folder_;
  BundleMaker maker_;
  FakeRegistry registry_;
  std::shared_ptr<const bundle::Bundle> bundle_;
  std::vector<std::string> warnings_;
};

}  // namespace kubeferry::installer::testing_support

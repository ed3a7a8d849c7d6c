// SPDX-License-Identifier: Apache-2.0
// A bundle at real registries of ours, with TLS.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <kubeferry/installer/bundle_content.hpp>

#include "site.hpp"

namespace kubeferry::source {
namespace {

using namespace testing_support;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class RemoteTest : public ::testing::Test {
protected:
  const Site& site_ = Site::get();
};

TEST_F(RemoteTest, ReadsWhatALocalBundleReads) {
  const auto server = site_.serve();
  const auto remote = source::remote(site_.options({server->port()}));
  ASSERT_TRUE(remote) << remote.error().message;
  const auto here = local(site_.bundle());
  EXPECT_EQ((*remote)->manifest_digest(), here->manifest_digest());
  EXPECT_EQ((*remote)->signers(), here->signers());
  EXPECT_EQ((*remote)->manifest().files.size(), 2U);
  EXPECT_THAT((*remote)->name(), HasSubstr("/kubeferry/bundle"));
  EXPECT_EQ(here->name(), site_.file().native());
  for (const bundle::BlobRow& row : here->manifest().blobs) {
    const auto bytes = (*remote)->read(row.digest, 16 << 20);
    ASSERT_TRUE(bytes) << bytes.error().message;
    EXPECT_EQ(*bytes, here->read(row.digest, 16 << 20)) << row.tar_name();
  }
}

TEST_F(RemoteTest, FetchesEachChunkOnceWhileAFileIsReadThrough) {
  const auto server = site_.serve();
  const auto remote = source::remote(site_.options({server->port()}));
  ASSERT_TRUE(remote);
  const auto bytes = (*remote)->read(site_.bundle()->manifest().files[1].digest, 16 << 20);
  ASSERT_TRUE(bytes) << bytes.error().message;
  EXPECT_EQ(*bytes, site_.file_content(1));
  const std::string log = server->log();
  for (const crypto::Digest& chunk : site_.bundle()->manifest().chunks) {
    const auto first = log.find(chunk.to_string());
    EXPECT_TRUE(first == std::string::npos || log.find(chunk.to_string(), first + 1) == std::string::npos);
  }
}

TEST_F(RemoteTest, AStreamOutlivesItsSource) {
  const auto server = site_.serve();
  std::unique_ptr<Source> stream;
  {
    const auto remote = source::remote(site_.options({server->port()}));
    ASSERT_TRUE(remote);
    stream = *(*remote)->stream(site_.bundle()->manifest().files[0].digest);
  }
  EXPECT_EQ(read_all(*stream, 1000, "file"), site_.file_content(0));
}

TEST_F(RemoteTest, WhatTheBundleDoesNotHold) {
  const auto server = site_.serve();
  const auto remote = source::remote(site_.options({server->port()}));
  ASSERT_TRUE(remote);
  EXPECT_EQ((*remote)->stream(crypto::Digest::of(as_byte_view("no"))).error().code, ExitCode::usage);
  EXPECT_EQ((*remote)->read(site_.bundle()->manifest().files[1].digest, 1000).error().code, ExitCode::limit);
}

TEST_F(RemoteTest, TheGivenKeyMustHaveSigned) {
  const auto server = site_.serve();
  auto options = site_.options({server->port()});
  const auto other = crypto::PrivateKey::generate(crypto::KeyAlgorithm::ed25519).value();
  options.trust = crypto::Keyset::of(other.public_key(), "other");
  const auto remote = source::remote(std::move(options));
  ASSERT_FALSE(remote);
  EXPECT_EQ(remote.error().code, ExitCode::signature);
}

TEST_F(RemoteTest, AnotherBundleThanThePackNames) {
  const auto server = site_.serve();
  auto options = site_.options({server->port()});
  options.manifest = crypto::Digest::of(as_byte_view("another"));
  const auto remote = source::remote(std::move(options));
  ASSERT_FALSE(remote);
  EXPECT_EQ(remote.error().code, ExitCode::network);
  EXPECT_THAT(remote.error().message, HasSubstr(crypto::Digest::of(as_byte_view("another")).hex()));
  EXPECT_THAT(remote.error().hint, HasSubstr("kubeferry serve"));
}

TEST_F(RemoteTest, ACertificateOfAnotherAuthority) {
  const auto server = site_.serve();
  auto options = site_.options({server->port()});
  options.ca_pem = registry_server::make_identity().authority_pem;
  EXPECT_EQ(source::remote(std::move(options)).error().code, ExitCode::tls);
  options = site_.options({server->port()});
  options.ca_pem = "no certificate";
  EXPECT_EQ(source::remote(std::move(options)).error().code, ExitCode::tls);
}

TEST_F(RemoteTest, TheSecondRegistryWhenTheFirstIsDown) {
  auto gone = site_.serve();
  const auto port = gone->port();
  gone.reset();
  const auto server = site_.serve();
  auto options = site_.options({port, server->port()});
  std::vector<std::string> warnings;
  options.warning = [&](std::string_view line) { warnings.emplace_back(line); };
  const auto remote = source::remote(std::move(options));
  ASSERT_TRUE(remote) << remote.error().message;
  EXPECT_TRUE((*remote)->read(site_.bundle()->manifest().files[1].digest, 16 << 20));
  EXPECT_THAT(warnings, ElementsAre(AllOf(HasSubstr(fmt::format("127.0.0.1:{}", port)),
                                          HasSubstr(fmt::format("going on with 127.0.0.1:{}", server->port())))));
}

TEST_F(RemoteTest, ARegistryThatGoesInTheMiddle) {
  auto first = site_.serve();
  const auto second = site_.serve();
  const auto remote = source::remote(site_.options({first->port(), second->port()}));
  ASSERT_TRUE(remote) << remote.error().message;
  first.reset();
  const auto bytes = (*remote)->read(site_.bundle()->manifest().files[1].digest, 16 << 20);
  ASSERT_TRUE(bytes) << bytes.error().message;
  EXPECT_EQ(*bytes, site_.file_content(1));
}

TEST_F(RemoteTest, AllRegistriesDown) {
  auto gone = site_.serve();
  const auto port = gone->port();
  gone.reset();
  const auto remote = source::remote(site_.options({port, port}));
  ASSERT_FALSE(remote);
  EXPECT_EQ(remote.error().code, ExitCode::network);
  EXPECT_THAT(remote.error().message, HasSubstr("none of 2 registries"));
  EXPECT_EQ(source::remote(site_.options(std::vector<std::uint16_t>{})).error().code, ExitCode::usage);
}

TEST_F(RemoteTest, StopsWhenAsked) {
  const auto server = site_.serve();
  auto options = site_.options({server->port()});
  std::stop_source stop;
  options.stop = stop.get_token();
  const auto remote = source::remote(std::move(options));
  ASSERT_TRUE(remote);
  stop.request_stop();
  EXPECT_EQ((*remote)->read(site_.bundle()->manifest().files[1].digest, 16 << 20).error().code, ExitCode::interrupted);
}

}  // namespace
}  // namespace kubeferry::source

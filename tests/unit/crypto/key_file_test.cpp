// SPDX-License-Identifier: Apache-2.0
#include <fstream>

#include <sys/stat.h>

#include <gtest/gtest.h>

#include <kubeferry/base/fd.hpp>
#include <kubeferry/crypto/key.hpp>
#include <kubeferry/crypto/keyset.hpp>

#include "temporary_directory.hpp"

namespace kubeferry::crypto {
namespace {

mode_t mode_of(const std::filesystem::path& path) {
  struct stat facts {};
  EXPECT_EQ(::stat(path.c_str(), &facts), 0);
  return facts.st_mode & 07777U;
}

TEST(KeyFile, PairIsWrittenAndRead) {
  const TemporaryDirectory directory;
  const auto base = directory.path() / "site";
  const PrivateKey key = std::move(PrivateKey::generate(KeyAlgorithm::ed25519).value());
  ASSERT_TRUE(write_key_pair(base, key));
  EXPECT_EQ(mode_of(base.native() + ".key"), 0600U);
  EXPECT_EQ(mode_of(base.native() + ".pub"), 0644U);

  EXPECT_EQ(read_private_key(base.native() + ".key").value().public_key(), key.public_key());
  const Keyset trust = std::move(load_trust(base.native() + ".pub").value());
  EXPECT_EQ(trust.threshold(), 1U);
  ASSERT_EQ(trust.keys().size(), 1U);
  EXPECT_EQ(trust.keys()[0].name, "site");
  EXPECT_EQ(trust.keys()[0].key, key.public_key());
}

TEST(KeyFile, NothingIsOverwritten) {
  const TemporaryDirectory directory;
  const PrivateKey key = std::move(PrivateKey::generate(KeyAlgorithm::ed25519).value());
  for (const char* const suffix : {".key", ".pub"}) {
    const auto base = directory.path() / ("taken" + std::string(suffix));
    std::ofstream(base.native() + suffix) << "precious";
    const Status status = write_key_pair(base, key);
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, ExitCode::usage);
    EXPECT_EQ(read_file(base.native() + suffix, 100).value(), "precious");
    const std::string other = std::string(suffix) == ".key" ? ".pub" : ".key";
    EXPECT_FALSE(std::filesystem::exists(base.native() + other));
  }
}

TEST(KeyFile, EncryptedNeedsThePassphrase) {
  const TemporaryDirectory directory;
  const auto base = directory.path() / "site";
  const PrivateKey key = std::move(PrivateKey::generate(KeyAlgorithm::ecdsa_p256).value());
  const SecretText passphrase("open sesame");
  ASSERT_TRUE(write_key_pair(base, key, &passphrase));
  EXPECT_EQ(read_private_key(base.native() + ".key").error().code, ExitCode::auth);
  EXPECT_EQ(read_private_key(base.native() + ".key", &passphrase).value().public_key(), key.public_key());
}

TEST(KeyFile, PrivateKeyIsRefusedWhenOthersMayReadIt) {
  const TemporaryDirectory directory;
  const auto base = directory.path() / "site";
  ASSERT_TRUE(write_key_pair(base, PrivateKey::generate(KeyAlgorithm::ed25519).value()));
  const std::string path = base.native() + ".key";
  ASSERT_EQ(::chmod(path.c_str(), 0644), 0);
  const auto key = read_private_key(path);
  ASSERT_FALSE(key);
  EXPECT_EQ(key.error().code, ExitCode::auth);
  EXPECT_EQ(key.error().hint, "chmod 600 " + path);
}

TEST(LoadTrust, IsRefusedWhenOthersMayWriteIt) {
  const TemporaryDirectory directory;
  const auto base = directory.path() / "site";
  ASSERT_TRUE(write_key_pair(base, PrivateKey::generate(KeyAlgorithm::ed25519).value()));
  const std::string path = base.native() + ".pub";
  for (const mode_t mode : {0664U, 0646U}) {
    ASSERT_EQ(::chmod(path.c_str(), mode), 0);
    const auto trust = load_trust(path);
    ASSERT_FALSE(trust);
    EXPECT_EQ(trust.error().code, ExitCode::signature);
    EXPECT_NE(trust.error().hint.find("chmod go-w"), std::string::npos);
  }
}

TEST(LoadTrust, SaysWhatIsMissingOrWrong) {
  const TemporaryDirectory directory;
  EXPECT_EQ(load_trust(directory.path() / "none").error().code, ExitCode::usage);
  EXPECT_EQ(load_trust(directory.path()).error().code, ExitCode::io);
  const auto junk = directory.path() / "junk";
  std::ofstream(junk) << "junk";
  ASSERT_EQ(::chmod(junk.c_str(), 0644), 0);
  EXPECT_EQ(load_trust(junk).error().code, ExitCode::format);
  std::ofstream(junk) << std::string(300 * 1024, ' ');
  EXPECT_EQ(load_trust(junk).error().code, ExitCode::limit);
}

TEST(LoadTrust, RefusesAPrivateKey) {
  const TemporaryDirectory directory;
  const auto base = directory.path() / "site";
  ASSERT_TRUE(write_key_pair(base, PrivateKey::generate(KeyAlgorithm::ed25519).value()));
  EXPECT_EQ(load_trust(base.native() + ".key").error().code, ExitCode::signature);
}

}  // namespace
}  // namespace kubeferry::crypto

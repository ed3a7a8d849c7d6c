// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/installer/serve_identity.hpp>

#include <stdlib.h>
#include <sys/stat.h>

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kubeferry::installer {
namespace {

class ServeIdentity : public testing::Test {
protected:
  ServeIdentity() {
    std::string name = (std::filesystem::temp_directory_path() / "kf-identity-XXXXXX").native();
    directory_ = ::mkdtemp(name.data());
  }
  ~ServeIdentity() override { std::filesystem::remove_all(directory_); }

  std::string file(const std::string& name, const std::string& text, mode_t mode) const {
    const auto path = directory_ / name;
    std::ofstream(path) << text;
    ::chmod(path.c_str(), mode);
    return path;
  }

  std::filesystem::path directory_;
};

TEST_F(ServeIdentity, OfOursIsMadeOnceAndItsAuthorityStays) {
  const auto first = IdentitySource::own(directory_ / "ca", {"127.0.0.1", "node1"}).load();
  ASSERT_TRUE(first) << first.error().message;
  struct stat key {};
  ASSERT_EQ(::stat(authority_key(directory_ / "ca").c_str(), &key), 0);
  EXPECT_EQ(key.st_mode & 0777, 0600U);
  const auto second = IdentitySource::own(directory_ / "ca", {"127.0.0.1"}).load();
  ASSERT_TRUE(second);
  EXPECT_NE(first->certificate_chain_pem, second->certificate_chain_pem);
  const auto authority = first->certificate_chain_pem.substr(first->certificate_chain_pem.rfind("-----BEGIN"));
  EXPECT_TRUE(second->certificate_chain_pem.ends_with(authority));
}

TEST_F(ServeIdentity, KeyMustBeItsOwnersOnly) {
  const std::string certificate = file("c", "certificate", 0644);
  const std::string key = file("k", "key", 0440);
  const auto refused = IdentitySource::from_files(certificate, key).load();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ExitCode::auth);
  // Elsewhere is not below, whatever the name starts with.
  EXPECT_FALSE(IdentitySource::from_files(certificate, key, directory_ / "credentials").load());
  EXPECT_FALSE(
      IdentitySource::from_files(certificate, directory_ / "credentials/../k", directory_ / "credentials").load());
}

TEST_F(ServeIdentity, KeyThatSystemdGaveMayShowItsAccessList) {
  const std::string certificate = file("c", "certificate", 0440);
  const std::string key = file("k", "key", 0440);
  const auto loaded = IdentitySource::from_files(certificate, key, directory_).load();
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(loaded->private_key_pem.view(), "key");
}

TEST_F(ServeIdentity, SaysWhichFileIsMissing) {
  const auto none = IdentitySource::from_files(directory_ / "no", directory_ / "k", directory_).load();
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ExitCode::usage);
  EXPECT_THAT(none.error().message, testing::HasSubstr("no: no such file"));
}

}  // namespace
}  // namespace kubeferry::installer

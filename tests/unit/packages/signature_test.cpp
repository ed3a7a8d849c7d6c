// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/packages/signature.hpp>

#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>

#include <kubeferry/base/atomic_file.hpp>
#include <kubeferry/base/fd.hpp>
#include <kubeferry/base/process.hpp>

namespace kubeferry::packages {
namespace {

using testing::HasSubstr;

/// A folder with two throw-away keys, made by gpg.
class Signature : public testing::Test {
protected:
  void SetUp() override {
    std::string path = testing::TempDir() + "kf-gpg-XXXXXX";
    ASSERT_NE(::mkdtemp(path.data()), nullptr);
    folder_ = path;
    make_key("right");
    make_key("other");
  }
  void TearDown() override {
    (void)run({.argv = {"gpgconf", "--homedir", folder_, "--kill", "all"}});
    std::filesystem::remove_all(folder_);
  }

  std::string gpg(std::vector<std::string> arguments, const std::string& input = {}) {
    Command command{
        .argv = {"gpg", "--homedir", folder_, "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", ""},
        .input = input};
    command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
    const auto output = run(command);
    EXPECT_TRUE(output && output->exit_status == 0) << (output ? output->err : output.error().message);
    return output ? output->out : std::string();
  }
  void make_key(const std::string& name) {
    gpg({"--quick-gen-key", name + "@example.org", "ed25519", "sign", "never"});
    gpg({"--output", keyring(name), "--export", name + "@example.org"});
  }
  std::string keyring(const std::string& name) { return folder_ + "/" + name + ".gpg"; }
  std::string put(const std::string& name, const std::string& content) {
    const std::string path = folder_ + "/" + name;
    EXPECT_TRUE(write_file_atomically(path, content, 0600));
    return path;
  }
  std::string clear_signed(const std::string& text, std::vector<std::string> more = {}) {
    std::vector<std::string> arguments = {"--local-user", "right@example.org"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    arguments.insert(arguments.end(), {"--clear-sign", "--output", "-"});
    return gpg(arguments, text);
  }
  std::string detached(const std::string& text) {
    return gpg({"--local-user", "right@example.org", "--armor", "--detach-sign", "--output", "-"}, text);
  }
  static SignatureChecker checker() { return SignatureChecker::find(std::getenv("PATH")).value(); }
  /// One that knows only sqv.
  SignatureChecker sqv() {
    const std::string bin = folder_ + "/bin";
    std::filesystem::create_directories(bin);
    std::filesystem::create_symlink("/usr/bin/sqv", bin + "/sqv");
    return SignatureChecker::find(bin).value();
  }

  std::string folder_;
};

TEST_F(Signature, ClearSignedGivesWhatWasSignedAndNothingElse) {
  const std::string message = "unsigned before\n" + clear_signed("Suite: bookworm\n- dashed\n") + "unsigned behind\n";
  const auto text = checker().check({message, {}, "https://example.org/InRelease"}, keyring("right"));
  ASSERT_TRUE(text) << text.error().message;
  EXPECT_EQ(*text, "Suite: bookworm\n- dashed\n");
}

TEST_F(Signature, DetachedWithAnyOfTheTwoPrograms) {
  const std::string text = "Suite: bookworm\n";
  const std::string signature = detached(text);
  for (const SignatureChecker& one : {checker(), sqv()}) {
    const auto good = one.check({text, signature, "R"}, keyring("right"));
    ASSERT_TRUE(good) << good.error().message;
    EXPECT_EQ(*good, text);
    const auto changed = one.check({"Suite: sid\n", signature, "R"}, keyring("right"));
    ASSERT_FALSE(changed);
    EXPECT_EQ(changed.error().code, ExitCode::signature);
    const auto foreign = one.check({text, signature, "R"}, keyring("other"));
    ASSERT_FALSE(foreign);
    EXPECT_EQ(foreign.error().code, ExitCode::signature);
  }
}

TEST_F(Signature, AnArmoredKeyringWillDo) {
  const std::string armored = put("both.asc", gpg({"--armor", "--export", "other@example.org"}) +
                                                  gpg({"--armor", "--export", "right@example.org"}));
  EXPECT_TRUE(checker().check({clear_signed("x\n"), {}, "R"}, armored));
}

TEST_F(Signature, OneGoodSignatureOfSeveralIsEnough) {
  const std::string both =
      gpg({"--local-user", "right@example.org", "--local-user", "other@example.org", "--clear-sign", "--output", "-"},
          "x\n");
  EXPECT_TRUE(checker().check({both, {}, "R"}, keyring("right")));
}

TEST_F(Signature, AnotherKeyIsNamed) {
  const auto text = checker().check({clear_signed("x\n"), {}, "https://example.org/InRelease"}, keyring("other"));
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().code, ExitCode::signature);
  EXPECT_THAT(text.error().message, HasSubstr("https://example.org/InRelease: no good signature by a key of"));
  EXPECT_THAT(text.error().message, HasSubstr("which is not in it"));
}

TEST_F(Signature, WhatWasChangedIsBad) {
  std::string message = clear_signed("Suite: bookworm\n");
  message.replace(message.find("bookworm"), 8, "trixie");
  const auto text = checker().check({message, {}, "R"}, keyring("right"));
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().code, ExitCode::signature);
  EXPECT_EQ(text.error().message, "R: is not what was signed: its signature is bad");
}

TEST_F(Signature, NothingSignedIsNothingGood) {
  const auto text = checker().check({"Suite: bookworm\n", {}, "R"}, keyring("right"));
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().code, ExitCode::signature);
}

TEST_F(Signature, AWeakHashDoesNotCount) {
  const auto text = checker().check(
      {clear_signed("x\n", {"--digest-algo", "SHA1", "--allow-weak-digest-algos"}), {}, "R"}, keyring("right"));
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().code, ExitCode::signature);
}

TEST_F(Signature, AnExpiredKeyIsSaid) {
  gpg({"--faked-system-time", "20200101T000000!", "--quick-gen-key", "old@example.org", "ed25519", "sign", "1d"});
  gpg({"--output", keyring("old"), "--export", "old@example.org"});
  const std::string message = gpg(
      {"--faked-system-time", "20200101T000100!", "--local-user", "old@example.org", "--clear-sign", "--output", "-"},
      "x\n");
  const auto text = checker().check({message, {}, "R"}, keyring("old"));
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().code, ExitCode::signature);
  EXPECT_THAT(text.error().message, HasSubstr("the expired key"));
}

TEST_F(Signature, WithoutEitherProgramOneLineSaysWhatToInstall) {
  const auto none = SignatureChecker::find(folder_);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ExitCode::unsupported_host);
  EXPECT_THAT(none.error().message, HasSubstr("neither gpgv nor sqv"));
  EXPECT_THAT(none.error().hint, HasSubstr("install"));
}

TEST_F(Signature, GpgvIsPreferred) { EXPECT_TRUE(checker().reads_clear_signed()); }

TEST(Armor, RefusesWhatDoesNotDecode) {
  EXPECT_EQ(without_armor("binary\x99", "k").value(), "binary\x99");
  for (const std::string wrong : {"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nQUJD\n",
                                  "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n!!!!\n-----END PGP PUBLIC KEY BLOCK-----\n",
                                  "-----BEGIN PGP PUBLIC KEY BLOCK-----\n-----END PGP PUBLIC KEY BLOCK-----\n"}) {
    const auto data = without_armor(wrong, "k");
    ASSERT_FALSE(data) << wrong;
    EXPECT_EQ(data.error().code, ExitCode::format);
  }
}

}  // namespace
}  // namespace kubeferry::packages

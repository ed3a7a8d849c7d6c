// SPDX-License-Identifier: Apache-2.0
#include "support.hpp"

#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kubeferry::registry {
namespace {

class CredentialsTest : public ::testing::Test {
protected:
  Result<std::optional<Credentials>> find(const std::string& config, const std::string& registry,
                                          unsigned mode = 0600) {
    return CredentialFiles({directory_.write("config.json", config, mode)}).find(registry);
  }
  void expect_refused(const std::string& config, unsigned mode = 0600) {
    const auto found = find(config, "r.example", mode);
    ASSERT_FALSE(found) << config;
    EXPECT_EQ(found.error().code, ExitCode::auth) << config;
    EXPECT_EQ(found.error().message.find("canary"), std::string::npos) << found.error().message;
  }
  /// Puts a helper of that name into PATH for the rest of the test program.
  void install_helper(const std::string& name, const std::string& script) {
    directory_.write("docker-credential-" + name, "#!/bin/sh\n" + script, 0700);
    ::setenv("PATH", (directory_.path().native() + ":/usr/bin:/bin").c_str(), 1);
  }

  TemporaryDirectory directory_;
};

TEST_F(CredentialsTest, FromAuths) {
  const std::string config =
      R"({"auths":{"r.example":{"auth":"dXNlcjpwYTpzcw=="},"https://index.docker.io/v1/":{"auth":"aHViOng="},
      "https://old.example/v1/":{"username":"u","password":"p"},"token.example":{"identitytoken":"it"},"empty.example":{}}})";
  const auto plain = find(config, "r.example").value().value();
  EXPECT_EQ(plain.username, "user");
  EXPECT_EQ(plain.password, "pa:ss");
  EXPECT_EQ(find(config, "docker.io").value().value().username, "hub");
  EXPECT_EQ(find(config, "old.example").value().value().password, "p");
  EXPECT_EQ(find(config, "token.example").value().value().identity_token, "it");
  EXPECT_FALSE(find(config, "empty.example").value());
  EXPECT_FALSE(find(config, "unknown.example").value());
  EXPECT_FALSE(CredentialFiles({directory_.path() / "absent"}).find("r.example").value());
}

TEST_F(CredentialsTest, TheFirstFileThatKnows) {
  const auto first = directory_.write("first", R"({"auths":{"a.example":{"auth":"MTp4"}}})");
  const auto second =
      directory_.write("second", R"({"auths":{"a.example":{"auth":"Mjp4"},"b.example":{"auth":"Mjp4"}}})");
  CredentialFiles files({first, second});
  EXPECT_EQ(files.find("a.example").value().value().username, "1");
  EXPECT_EQ(files.find("b.example").value().value().username, "2");
}

TEST_F(CredentialsTest, FilesThatCannotBeTrusted) {  // M57
  expect_refused(R"({"auths":{"x":{"auth":"Y2FuYXJ5OmNhbmFyeQ=="}}})", 0644);
  expect_refused("{canary");
  expect_refused(R"({"auths":{"r.example":{"auth":"canary"}}})");
  expect_refused(R"({"auths":{"r.example":{"auth":"%%%"}}})");
  expect_refused(R"({"auths":{"r.example":{"auth":["canary"]}}})");
  EXPECT_TRUE(find(R"({"credsStore":""})", "r.example", 0644)) << "nothing secret in it";
}

TEST_F(CredentialsTest, HelperNamesAreNoCommands) {  // M57
  for (const char* name : {";rm", "a b", "../x", "A", "$(x)", "x/y"}) {
    expect_refused(fmt::format(R"({{"credHelpers":{{"r.example":"{}"}}}})", name));
    expect_refused(fmt::format(R"({{"credsStore":"{}"}})", name));
  }
}

TEST_F(CredentialsTest, FromHelpers) {
  install_helper("good",
                 R"(read -r server; echo "{\"ServerURL\":\"$server\",\"Username\":\"u-$server\",\"Secret\":\"s\"}")");
  install_helper("token", R"(echo '{"Username":"<token>","Secret":"it"}')");
  install_helper("none", "echo 'credentials not found in native keychain'; exit 1");
  install_helper("bad", "echo canary-is-not-json");
  install_helper("dead", "echo 'keychain is locked' >&2; exit 3");
  const std::string config =
      R"({"credHelpers":{"g.example":"good","t.example":"token","n.example":"none","r.example":"bad","d.example":"dead"},
      "auths":{"n.example":{"auth":"dTpw"}}})";
  EXPECT_EQ(find(config, "g.example").value().value().username, "u-g.example");
  EXPECT_EQ(find(config, "t.example").value().value().identity_token, "it");
  EXPECT_EQ(find(config, "n.example").value().value().username, "u");
  expect_refused(config);
  const auto dead = find(config, "d.example");
  ASSERT_FALSE(dead);
  EXPECT_EQ(dead.error().code, ExitCode::auth);
  EXPECT_NE(dead.error().message.find("keychain is locked"), std::string::npos);
  EXPECT_EQ(find(R"({"credsStore":"good"})", "docker.io").value().value().username, "u-https://index.docker.io/v1/");
}

TEST_F(CredentialsTest, PasswordFiles) {
  const auto good = credentials_from_file("u", directory_.write("pw", "secret\r\nmore\n")).value();
  EXPECT_EQ(good.username, "u");
  EXPECT_EQ(good.password, "secret");
  for (const auto& path : {directory_.write("open", "canary", 0644), directory_.write("empty", "\n"),
                           directory_.path() / "absent", directory_.path()}) {
    const auto result = credentials_from_file("u", path);
    ASSERT_FALSE(result) << path;
    EXPECT_EQ(result.error().code, ExitCode::auth) << path;
  }
}

TEST(CredentialFiles, UsualPlaces) {
  const auto files = usual_credential_files([](std::string_view name) -> std::optional<std::string> {
    return name == "HOME"              ? std::optional<std::string>("/h")
           : name == "XDG_RUNTIME_DIR" ? std::optional<std::string>("/r")
                                       : std::nullopt;
  });
  EXPECT_THAT(files, ::testing::ElementsAre("/h/.docker/config.json", "/r/containers/auth.json"));
  const auto given = usual_credential_files([](std::string_view name) -> std::optional<std::string> {
    return name == "XDG_RUNTIME_DIR" ? std::nullopt : std::optional<std::string>("/" + lower(name));
  });
  EXPECT_THAT(given, ::testing::ElementsAre("/registry_auth_file", "/docker_config/config.json"));
}

}  // namespace
}  // namespace kubeferry::registry

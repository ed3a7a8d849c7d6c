// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/kubeadm/program.hpp>

#include <gmock/gmock.h>

#include "fake_host.hpp"

namespace kubeferry::kubeadm {
namespace {

using testing::ElementsAre;

Program kubeadm_of(std::uint32_t minor) { return {.path = "/usr/local/bin/kubeadm", .version = {minor, 2, ""}}; }

constexpr std::string_view k_init = "apiVersion: x\nkind: InitConfiguration\n";
constexpr std::string_view k_join = "apiVersion: x\nkind: JoinConfiguration\n";

TEST(Program, SaysItsVersion) {
  FakeHost fake;
  fake.runner().answer.out = "v1.31.4\n";
  const auto found = find_program(fake.host(), "/opt/kubeadm");
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->version, (catalog::KubernetesVersion{31, 4, ""}));
  EXPECT_EQ(found->path, "/opt/kubeadm");
  EXPECT_THAT(fake.runner().commands.at(0).argv, ElementsAre("/opt/kubeadm", "version", "-o", "short"));

  fake.runner().answer.out = "hello\n";
  EXPECT_EQ(find_program(fake.host(), "/bin/x").error().code, ExitCode::format);
  fake.runner().answer.exit_status = 1;
  EXPECT_EQ(find_program(fake.host(), "/bin/x").error().code, ExitCode::io);
}

TEST(Images, AreAskedByAPrivateFile) {
  FakeHost fake;
  fake.runner().answer.out = "k8s.gcr.io/kube-proxy:v1.20.2\nk8s.gcr.io/pause:3.2\n";
  fake.runner().answer.err =
      "W1121 10:00:00.000000 1 common.go:77] your configuration file uses a deprecated API spec\n";
  const auto found = images(fake.host(), kubeadm_of(20), k_init);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_THAT(*found, ElementsAre("k8s.gcr.io/kube-proxy:v1.20.2", "k8s.gcr.io/pause:3.2"));
  EXPECT_EQ(fake.runner().config, k_init);
  EXPECT_EQ(fake.runner().config_mode, 0600U);
  EXPECT_EQ(fake.runner().folder_mode, 0700U);
  EXPECT_TRUE(fake.left_nothing());
}

TEST(Images, RefusalIsTheUsersBusiness) {
  FakeHost fake;
  fake.runner().answer.exit_status = 1;
  fake.runner().answer.err =
      "nodeRegistration.name: Invalid value: \"N_1\": a lowercase RFC 1123 subdomain\n"
      "To see the stack trace of this error execute with --v=5 or higher\n";
  const auto found = images(fake.host(), kubeadm_of(20), k_init);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ExitCode::usage);
  EXPECT_EQ(found.error().message,
            "kubeadm config images list ended with 1: nodeRegistration.name: Invalid value: \"N_1\": a lowercase RFC "
            "1123 subdomain");
  EXPECT_TRUE(fake.left_nothing());
}

TEST(Images, AreReferencesAndNothingElse) {
  FakeHost fake;
  for (const char* const odd : {"", "\n", "this is no image/list\n", "pause\n", "a/b\x1b[31m\n"}) {
    fake.runner().answer.out = odd;
    const auto found = images(fake.host(), kubeadm_of(20), k_init);
    ASSERT_FALSE(found) << odd;
    EXPECT_EQ(found.error().code, ExitCode::format);
  }
}

TEST(Images, NeedAPlaceForTheFile) {
  FakeHost fake;
  Program elsewhere = kubeadm_of(20);
  elsewhere.scratch = "/nowhere";
  EXPECT_EQ(images(fake.host(), elsewhere, k_init).error().code, ExitCode::io);
  EXPECT_TRUE(fake.runner().commands.empty());
}

TEST(Validate, UsesWhatTheVersionHas) {
  FakeHost fake;
  EXPECT_TRUE(validate(fake.host(), kubeadm_of(28), k_join));
  EXPECT_THAT(fake.runner().commands.back().argv,
              ElementsAre("/usr/local/bin/kubeadm", "config", "validate", "--config", testing::_));
  EXPECT_TRUE(validate(fake.host(), kubeadm_of(27), k_join));
  EXPECT_THAT(fake.runner().commands.back().argv,
              ElementsAre("/usr/local/bin/kubeadm", "config", "migrate", "--old-config", testing::_));
  fake.runner().answer.exit_status = 3;
  EXPECT_EQ(validate(fake.host(), kubeadm_of(37), k_join).error().code, ExitCode::usage);
  EXPECT_TRUE(fake.left_nothing());
}

TEST(Validate, TellsOfTypingErrors) {
  FakeHost fake;
  // As kubeadm 1.20.2 prints it.
  fake.runner().answer.err =
      "W1121 10:47:32.972520   11939 strict.go:54] error unmarshaling configuration: unknown field \"timeouts\"\n"
      "W1121 10:47:32.972520   11939 other.go:1] something else\n";
  EXPECT_THAT(validate(fake.host(), kubeadm_of(20), k_join).value(),
              ElementsAre("error unmarshaling configuration: unknown field \"timeouts\""));
}

TEST(Init, NamesItsConfigurationOnly) {
  FakeHost fake;
  std::string seen;
  fake.runner().answer.out = "[init] Using Kubernetes version: v1.20.2\n";
  const RunOptions options{.timeout = std::chrono::seconds(7),
                           .on_output = [&](std::string_view piece) { seen += piece; }};
  EXPECT_TRUE(init(fake.host(), kubeadm_of(20), "/etc/kubeadm.yaml", {"--upload-certs"}, options));
  const Command& command = fake.runner().commands.at(0);
  EXPECT_THAT(command.argv, ElementsAre("/usr/local/bin/kubeadm", "init", "--config", "/etc/kubeadm.yaml",
                                        "--skip-token-print", "--skip-certificate-key-print", "--upload-certs"));
  EXPECT_EQ(command.timeout, std::chrono::seconds(7));
  EXPECT_EQ(seen, fake.runner().answer.out);
}

TEST(Init, FailsInKubeadmsWords) {
  FakeHost fake;
  fake.runner().answer = {.exit_status = 1,
                          .out = "[preflight] Running pre-flight checks\n",
                          .err =
                              "error execution phase preflight: [preflight] Some fatal errors occurred:\n"
                              "\t[ERROR Port-6443]: Port 6443 is in use\n"};
  const Status done = init(fake.host(), kubeadm_of(20), "/f", {}, {});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ExitCode::io);
  EXPECT_EQ(done.error().message, "kubeadm init ended with 1: [ERROR Port-6443]: Port 6443 is in use");
  ASSERT_EQ(done.error().detail.size(), 2U);
  EXPECT_EQ(done.error().detail.at(0).first, "kubeadm");
}

TEST(Join, NamesItsConfigurationOnly) {
  FakeHost fake;
  EXPECT_TRUE(join(fake.host(), kubeadm_of(20), "/f", {"--skip-phases=a"}, {}));
  EXPECT_THAT(fake.runner().commands.at(0).argv,
              ElementsAre("/usr/local/bin/kubeadm", "join", "--config", "/f", "--skip-phases=a"));
}

TEST(Reset, IsByVersion) {
  FakeHost fake;
  EXPECT_TRUE(reset(fake.host(), kubeadm_of(20), {}, {}));
  EXPECT_THAT(fake.runner().commands.back().argv, ElementsAre("/usr/local/bin/kubeadm", "reset", "--force"));
  EXPECT_TRUE(reset(fake.host(), kubeadm_of(26), {.cri_socket = "unix:///s", .certificates_dir = "/pki"}, {}));
  EXPECT_THAT(fake.runner().commands.back().argv,
              ElementsAre("/usr/local/bin/kubeadm", "reset", "--force", "--cri-socket=unix:///s", "--cert-dir=/pki",
                          "--cleanup-tmp-dir"));
}

TEST(Log, IsPrivateAndGrows) {
  FakeHost fake;
  Log::open(fake.host(), "/run/log").value().write("one\n");
  Log::open(fake.host(), "/run/log").value().write("two\n");
  EXPECT_EQ(fake.host().text("/run/log").value(), "one\ntwo\n");
  EXPECT_EQ(std::filesystem::status(fake.host().at("/run/log")).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  std::filesystem::create_symlink("log", fake.host().at("/run/link"));
  EXPECT_EQ(Log::open(fake.host(), "/run/link").error().code, ExitCode::io);
}

}  // namespace
}  // namespace kubeferry::kubeadm

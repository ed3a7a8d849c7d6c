// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <kubeferry/kubeadm/program.hpp>

namespace kubeferry::kubeadm {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

TEST(Explain, FailedPreflightChecks) {
  // As kubeadm 1.20.2 prints it.
  EXPECT_THAT(
      explain("[preflight] Running pre-flight checks\n"
              "\t[WARNING Hostname]: hostname \"n1\" could not be reached\n"
              "error execution phase preflight: [preflight] Some fatal errors occurred:\n"
              "\t[ERROR FileExisting-crictl]: crictl not found in system path\n"
              "\t[ERROR FileContent--proc-sys-net-ipv4-ip_forward]: /proc/sys/net/ipv4/ip_forward contents are not set "
              "to 1\n"
              "[preflight] If you know what you are doing, you can make a check non-fatal with "
              "`--ignore-preflight-errors=...`\n"
              "To see the stack trace of this error execute with --v=5 or higher\n"),
      ElementsAre("error execution phase preflight: [preflight] Some fatal errors occurred:",
                  "[ERROR FileExisting-crictl]: crictl not found in system path",
                  "[ERROR FileContent--proc-sys-net-ipv4-ip_forward]: /proc/sys/net/ipv4/ip_forward contents are not "
                  "set to 1"));
}

TEST(Explain, AControlPlaneThatNeverCame) {
  // As kubeadm 1.20.2 prints it.
  EXPECT_THAT(
      explain(
          "[wait-control-plane] Waiting for the kubelet to boot up the control plane as static Pods from directory "
          "\"/etc/kubernetes/manifests\". This can take up to 4m0s\n"
          "[kubelet-check] Initial timeout of 40s passed.\n"
          "[kubelet-check] It seems like the kubelet isn't running or healthy.\n"
          "[kubelet-check] The HTTP call equal to 'curl -sSL http://localhost:10248/healthz' failed with error: Get "
          "\"http://localhost:10248/healthz\": dial tcp 127.0.0.1:10248: connect: connection refused.\n"
          "[kubelet-check] It seems like the kubelet isn't running or healthy.\n"
          "\n\tUnfortunately, an error has occurred:\n\t\ttimed out waiting for the condition\n\n"
          "\tThis error is likely caused by:\n\t\t- The kubelet is not running\n"
          "\t\t- The kubelet is unhealthy due to a misconfiguration of the node in some way (required cgroups "
          "disabled)\n\n"
          "\tIf you are on a systemd-powered system, you can try to troubleshoot the error with the following "
          "commands:\n\t\t- 'systemctl status kubelet'\n\t\t- 'journalctl -xeu kubelet'\n\n"
          "\tAdditionally, a control plane component may have crashed or exited when started by the container "
          "runtime.\n"
          "error execution phase wait-control-plane: couldn't initialize a Kubernetes cluster\n"
          "To see the stack trace of this error execute with --v=5 or higher\n"),
      ElementsAre(
          "[kubelet-check] It seems like the kubelet isn't running or healthy.",
          "[kubelet-check] The HTTP call equal to 'curl -sSL http://localhost:10248/healthz' failed with error: "
          "Get \"http://localhost:10248/healthz\": dial tcp 127.0.0.1:10248: connect: connection refused.",
          "timed out waiting for the condition",
          "error execution phase wait-control-plane: couldn't initialize a Kubernetes cluster"));
}

TEST(Explain, LogLinesByTheirLevel) {
  EXPECT_THAT(explain("I1121 10:00:00.000000    1 x.go:1] failed to look, and that is fine\n"
                      "W1121 10:00:00.000000    1 x.go:1] could not fetch a Kubernetes version\n"
                      "E1121 10:00:00.000000    1 x.go:1] lease lost\n"),
              ElementsAre("E1121 10:00:00.000000    1 x.go:1] lease lost"));
}

TEST(Explain, TheLastWordWhenNothingElse) {
  EXPECT_THAT(explain("one\ntwo\n\nTo see the stack trace of this error execute with --v=5 or higher\n"),
              ElementsAre("two"));
  EXPECT_THAT(explain("\n\n"), IsEmpty());
}

TEST(Explain, FitsATerminal) {
  std::string output;
  for (int i = 0; i < 50; ++i) {
    output += "failed " + std::to_string(i) + "\x1b[31m\n";
  }
  const auto lines = explain(output);
  ASSERT_THAT(lines, SizeIs(12));
  EXPECT_EQ(lines.front(), "failed 38\\x1b[31m");
  EXPECT_EQ(lines.back(), "failed 49\\x1b[31m");
}

}  // namespace
}  // namespace kubeferry::kubeadm

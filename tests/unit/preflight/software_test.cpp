// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "fixture.hpp"

namespace kubeferry::preflight {
namespace {

using namespace testing_support;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> found(const Facts& facts, const Question& question) { return names(check(facts, question)); }

Facts with_files(std::set<std::string> files) {
  Facts facts = good_facts();
  facts.software.cluster_files = std::move(files);
  return facts;
}

Question asked(Role role) {
  Question question = good_question();
  question.role = role;
  return question;
}

const std::string k_api_server = "/etc/kubernetes/manifests/kube-apiserver.yaml";

TEST(Programs, AdviceIsTheBundlesOwnPackagesWhereItHasThem) {
  Facts facts = good_facts();
  facts.software.programs.erase("socat");
  facts.identity.os_version = "12";
  Question question = good_question();
  question.bundle->kubernetes = "v1.30.1";
  const auto advice = [&] {
    for (const auto& finding : check(facts, question)) {
      if (finding.name == "FileExisting-socat") {
        return finding.fix;
      }
    }
    return std::string("nothing was found");
  };
  EXPECT_EQ(advice(), "apt-get install socat");
  question.bundle->packages = {{.name = "debian-12",
                                .format = "deb",
                                .platform = "linux/amd64",
                                .distribution = "debian",
                                .distribution_version = "12",
                                .install = {"conntrack", "socat"},
                                .files = {}}};
  EXPECT_EQ(advice(), "the same command with --install-packages") << "at a registry, reached without a join pack";
  question.bundle->named = "--pack join.pack";
  EXPECT_EQ(advice(), "kubeferry packages install --pack join.pack --trust KEY");
  question.bundle->named = "site.tar.zst";
  EXPECT_EQ(advice(), "kubeferry packages install site.tar.zst --trust KEY");
  question.trust = "site.pub";
  EXPECT_EQ(advice(), "kubeferry packages install site.tar.zst --trust site.pub");
  facts.identity.os_version = "11";
  EXPECT_EQ(advice(), "apt-get install socat") << "those of another release";
  facts.identity.os_version = "12";
  question.bundle->packages[0].install = {"conntrack"};
  EXPECT_EQ(advice(), "apt-get install socat");
}

TEST(Cluster, FilesByRole) {
  const Facts facts = with_files({k_api_server, "/etc/kubernetes/kubelet.conf",
                                  "/etc/kubernetes/bootstrap-kubelet.conf", "/etc/kubernetes/pki/ca.crt"});
  const std::string manifest = "error FileAvailable--etc-kubernetes-manifests-kube-apiserver.yaml";
  const std::string kubelet = "error FileAvailable--etc-kubernetes-kubelet.conf";
  const std::string bootstrap = "error FileAvailable--etc-kubernetes-bootstrap-kubelet.conf";
  const std::string ca = "error FileAvailable--etc-kubernetes-pki-ca.crt";
  EXPECT_THAT(found(facts, asked(Role::init)), ElementsAre(manifest));
  EXPECT_THAT(found(facts, asked(Role::control_plane)), ElementsAre(bootstrap, kubelet, manifest));
  EXPECT_THAT(found(facts, asked(Role::worker)), ElementsAre(bootstrap, kubelet, ca));
}

TEST(Cluster, ConfigurationAlone) {
  EXPECT_THAT(found(with_files({"/etc/kubernetes/admin.conf"}), good_question()), ElementsAre("error ExistingCluster"));
  EXPECT_THAT(found(with_files({"/etc/kubernetes/admin.conf", k_api_server}), good_question()),
              ElementsAre("error FileAvailable--etc-kubernetes-manifests-kube-apiserver.yaml"));
  EXPECT_THAT(found(with_files({"/etc/kubernetes/admin.conf"}), asked(Role::worker)),
              ElementsAre("error ExistingCluster"));
  EXPECT_THAT(check(with_files({"/etc/kubernetes/admin.conf"}), good_question())[0].fix, HasSubstr("kubeferry reset"));
}

TEST(Cluster, EtcdData) {
  Facts facts = good_facts();
  facts.software.etcd_data = true;
  EXPECT_THAT(found(facts, good_question()), ElementsAre("error DirAvailable--var-lib-etcd"));
  EXPECT_THAT(found(facts, asked(Role::worker)), IsEmpty());
}

TEST(Cluster, WhatWeMadeOurselves) {
  Facts facts = with_files({k_api_server, "/etc/kubernetes/admin.conf", "/etc/kubernetes/kubelet.conf"});
  facts.software.etcd_data = true;
  for (const auto port : std::array<std::uint16_t, 6>{6443, 10259, 10257, 10250, 2379, 2380}) {
    facts.network.listeners.push_back({address("::"), port, ""});
  }
  EXPECT_EQ(found(facts, good_question()).size(), 8U);
  Question again = good_question();
  claim_cluster(again);
  EXPECT_THAT(found(facts, again), IsEmpty());
  again.registry_port = 5000;
  claim_cluster(again);
  facts.network.listeners.push_back({address("::"), 5000, ""});
  EXPECT_THAT(found(facts, again), ElementsAre("error Port-5000"));
}

TEST(Cluster, OtherDistribution) {
  Facts facts = good_facts();
  facts.software.distributions = {"k3s"};
  EXPECT_THAT(found(facts, good_question()), ElementsAre("error OtherKubernetes"));
}

TEST(Versions, OfKubelet) {
  Facts facts = good_facts();
  facts.software.programs["kubelet"] = "/usr/bin/kubelet";
  Question question = good_question();
  for (const auto& [version, expected] : std::map<std::string, std::vector<std::string>>{
           {"v1.35.0", {"error KubeletVersion"}}, {"v1.34.9", {}}, {"v1.20.0", {}}, {"", {}}}) {
    facts.software.kubelet = version;
    EXPECT_THAT(found(facts, question), ElementsAreArray(expected)) << version;
  }
  question.bundle->files.clear();
  facts.software.kubelet = "v1.30.9";
  EXPECT_THAT(found(facts, question), ElementsAre("error KubeletVersion"));
  facts.software.kubelet = "v1.31.0";
  EXPECT_THAT(found(facts, question), IsEmpty());
  facts.software.kubelet = "v1.36.0";
  question.ours = {"/usr/bin/kubelet"};
  EXPECT_THAT(found(facts, question), IsEmpty());
}

TEST(Versions, OfKubeadm) {
  Facts facts = good_facts();
  facts.software.programs["kubeadm"] = "/usr/bin/kubeadm";
  facts.software.kubeadm = "v1.33.1";
  Question question = good_question();
  EXPECT_THAT(found(facts, question), ElementsAre("warning KubeadmVersion"));
  question.bundle->files.clear();
  EXPECT_THAT(found(facts, question), ElementsAre("error KubeadmVersion"));
  facts.software.kubeadm = "v1.34.0";
  EXPECT_THAT(found(facts, question), IsEmpty());
}

TEST(Runtime, IsThereOrBrought) {
  Facts facts = good_facts();
  Question question = good_question();
  facts.software.containerd = "1.5.13";
  EXPECT_THAT(found(facts, question), ElementsAre("error ContainerRuntime"));
  question.bundle->files.insert("/usr/local/bin/containerd");
  EXPECT_THAT(found(facts, question), IsEmpty());
  facts.software.programs.erase("containerd");
  facts.software.programs.erase("runc");
  EXPECT_THAT(found(facts, question), ElementsAre("error ContainerRuntime"));
  question.bundle->files.insert("/usr/local/sbin/runc");
  EXPECT_THAT(found(facts, question), IsEmpty());
  question.bundle->files.clear();
  EXPECT_THAT(found(facts, question), ElementsAre("error ContainerRuntime"));
  question.cri_socket = "/run/crio/crio.sock";
  EXPECT_THAT(found(facts, question), IsEmpty());
}

TEST(Runtime, Others) {
  Facts facts = good_facts();
  facts.software.active_units = {"docker.service", "crio.service"};
  EXPECT_THAT(found(facts, good_question()), ElementsAre("warning Docker", "warning CRI"));
}

/// Which programs a version misses, when the host has none of them.
std::vector<std::string> missed(const char* kubernetes) {
  Facts facts = good_facts();
  for (const char* const program :
       {"ip", "iptables", "mount", "nsenter", "conntrack", "crictl", "ethtool", "socat", "tc", "ebtables", "touch"}) {
    facts.software.programs.erase(program);
  }
  Question question = good_question();
  question.bundle->kubernetes = kubernetes;
  return found(facts, question);
}

TEST(Programs, AsTheVersionOfKubeadmWantsThem) {
  EXPECT_THAT(missed("v1.30.0"),
              ElementsAre("error FileExisting-ip", "error FileExisting-iptables", "error FileExisting-mount",
                          "error FileExisting-nsenter", "error FileExisting-conntrack", "error FileExisting-crictl",
                          "warning FileExisting-ethtool", "warning FileExisting-tc", "warning FileExisting-socat",
                          "warning FileExisting-ebtables", "warning FileExisting-touch"));
  EXPECT_THAT(missed("v1.32.0"),
              ElementsAre("error FileExisting-ip", "error FileExisting-iptables", "error FileExisting-mount",
                          "error FileExisting-nsenter", "warning FileExisting-crictl", "warning FileExisting-ethtool",
                          "warning FileExisting-tc", "warning FileExisting-touch"));
  EXPECT_THAT(missed("v1.34.2"),
              ElementsAre("error FileExisting-mount", "error FileExisting-nsenter", "warning FileExisting-iptables",
                          "warning FileExisting-crictl", "warning FileExisting-touch"));
}

TEST(Programs, ThatTheBundleBrings) {
  Facts facts = good_facts();
  facts.software.programs.erase("crictl");
  Question question = good_question();
  question.bundle->files.insert("/usr/local/bin/crictl");
  EXPECT_THAT(found(facts, question), IsEmpty());
  question.bundle->files = {"/opt/tools/crictl"};
  EXPECT_THAT(found(facts, question), ElementsAre("warning FileExisting-crictl"));
}

TEST(Programs, ComeFromPackages) {
  Facts facts = good_facts();
  facts.software.programs.erase("nsenter");
  facts.software.programs.erase("touch");
  const auto fixes = [&] {
    const auto findings = check(facts, good_question());
    return findings[0].fix + ", " + findings[1].fix;
  };
  EXPECT_EQ(fixes(), "apt-get install util-linux, apt-get install coreutils");
  facts.identity.os_id = "rocky";
  facts.identity.os_like = "rhel centos fedora";
  EXPECT_EQ(fixes(), "dnf install util-linux, dnf install coreutils");
  facts.identity.os_id = "opensuse-leap";
  facts.identity.os_like = "suse opensuse";
  EXPECT_EQ(fixes(), "zypper install util-linux, zypper install coreutils");
  facts.identity.os_id = "alpine";
  facts.identity.os_like = "";
  EXPECT_THAT(fixes(), HasSubstr("install the package that has nsenter"));
}

TEST(Security, SeLinux) {
  Facts facts = good_facts();
  facts.security.selinux = facts.security.selinux_enforcing = true;
  EXPECT_THAT(found(facts, good_question()), ElementsAre("warning SELinux"));
  facts.security.container_policy = true;
  EXPECT_THAT(found(facts, good_question()), IsEmpty());
}

TEST(Security, AppArmor) {
  Facts facts = good_facts();
  facts.security.apparmor = true;
  EXPECT_THAT(found(facts, good_question()), IsEmpty());
  facts.software.programs.erase("apparmor_parser");
  EXPECT_THAT(found(facts, good_question()), ElementsAre("warning AppArmor"));
  facts.software.containerd = "1.6.8";
  EXPECT_THAT(found(facts, good_question()), ElementsAre("error AppArmor"));
  Question question = good_question();
  question.bundle->containerd = "2.1.4";
  EXPECT_THAT(found(facts, question), ElementsAre("warning AppArmor"));
}

TEST(Security, Filters) {
  Facts facts = good_facts();
  facts.security.fapolicyd = facts.security.firewalld = facts.security.ufw = true;
  const auto findings = check(facts, good_question());
  EXPECT_THAT(names(findings), ElementsAre("warning Fapolicyd", "warning Firewalld", "warning Ufw"));
  EXPECT_THAT(findings[0].fix, HasSubstr("fapolicyd-cli --update"));
  EXPECT_THAT(findings[1].fix, HasSubstr("--add-port=6443/tcp --add-port=2379-2380/tcp"));
  EXPECT_THAT(findings[1].fix, HasSubstr("--add-source=10.244.0.0/16"));
  EXPECT_THAT(findings[2].fix, HasSubstr("ufw allow 2379:2380/tcp && "));
  EXPECT_THAT(check(facts, asked(Role::worker))[1].fix, ::testing::Not(HasSubstr("6443")));
}

}  // namespace
}  // namespace kubeferry::preflight

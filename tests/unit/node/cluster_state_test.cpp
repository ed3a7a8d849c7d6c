// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/node/cluster_state.hpp>

#include <gtest/gtest.h>

namespace kubeferry::node {
namespace {

TEST(ParseNodes, ReadyAndNot) {
  const auto nodes = parse_nodes(R"({"items": [
    {"metadata": {"name": "a", "labels": {"node-role.kubernetes.io/control-plane": ""}},
     "status": {"conditions": [{"type": "MemoryPressure", "status": "False"}, {"type": "Ready", "status": "True"}],
                "nodeInfo": {"kubeletVersion": "v1.34.2", "architecture": "amd64"}}},
    {"metadata": {"name": "b"}, "spec": {"unschedulable": true},
     "status": {"conditions": [{"type": "Ready", "status": "False", "reason": "KubeletNotReady",
                                "message": "cni plugin not initialized"}]}},
    {"metadata": {"name": "c"}}]})");
  ASSERT_TRUE(nodes) << nodes.error().message;
  ASSERT_EQ(nodes->size(), 3U);
  EXPECT_TRUE(nodes->at(0).ready && nodes->at(0).control_plane && nodes->at(0).schedulable);
  EXPECT_EQ(nodes->at(0).version, "v1.34.2");
  EXPECT_EQ(nodes->at(0).reason, "");
  EXPECT_FALSE(nodes->at(1).ready || nodes->at(1).control_plane || nodes->at(1).schedulable);
  EXPECT_EQ(nodes->at(1).reason, "KubeletNotReady: cni plugin not initialized");
  EXPECT_EQ(nodes->at(2).reason, "has not reported yet");
}

TEST(ParsePods, TheReasonThatSaysMost) {
  const auto pods = parse_pods(R"({"items": [
    {"metadata": {"namespace": "kube-system", "name": "etcd-a"}, "spec": {"nodeName": "a"},
     "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}},
    {"metadata": {"namespace": "kube-system", "name": "coredns-x"},
     "status": {"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False",
                "reason": "Unschedulable", "message": "0/1 nodes are available"}]}},
    {"metadata": {"namespace": "n", "name": "p"}, "spec": {"nodeName": "a"},
     "status": {"phase": "Pending", "conditions": [{"type": "Ready", "status": "False", "reason": "ContainersNotReady"}],
       "containerStatuses": [{"name": "c", "state": {"waiting": {"reason": "ErrImagePull", "message": "not found"}}}]}},
    {"metadata": {"namespace": "n", "name": "job"}, "status": {"phase": "Succeeded"}}]})");
  ASSERT_TRUE(pods) << pods.error().message;
  ASSERT_EQ(pods->size(), 4U);
  EXPECT_TRUE(pods->at(0).ready);
  EXPECT_EQ(pods->at(1).reason, "Unschedulable: 0/1 nodes are available");
  EXPECT_EQ(pods->at(2).reason, "container c: ErrImagePull: not found");
  EXPECT_TRUE(pods->at(3).finished);
  EXPECT_EQ(pods->at(3).reason, "");
}

TEST(ParseNodes, AnotherDocumentIsAnError) {
  EXPECT_FALSE(parse_nodes(R"({"kind": "Status"})"));
  EXPECT_FALSE(parse_nodes("error"));
}

}  // namespace
}  // namespace kubeferry::node

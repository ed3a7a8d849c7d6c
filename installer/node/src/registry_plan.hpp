// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <kubeferry/bundle/bundle.hpp>
#include <kubeferry/crypto/keyset.hpp>
#include <kubeferry/host/host.hpp>
#include <kubeferry/installer/client_configuration.hpp>
#include <kubeferry/steps/step.hpp>

namespace kubeferry::node {

/// A node's own registry.
struct NodeRegistry {
  installer::RegistryPlace place;  ///< how other nodes reach it
  std::string ca_pem;
  steps::Plan plan;  ///< the bundle's copy, certificates, unit
};

struct RegistryWants {
  std::string bundle_file;  ///< where the bundle is now: an absolute path on the host
  /// Instead of that: a step that brings it to the path it is given.
  std::function<std::unique_ptr<const steps::Step>(const std::string&)> bring = {};
  crypto::Digest manifest;  ///< which it is
  std::uint64_t bytes = 0;  ///< of the file
  crypto::Keyset trust;
  std::string address;             ///< this node's, which others use
  std::vector<std::string> names;  ///< further ones for the certificate
  std::uint16_t port = 5000;
};

/// Certificates that are there and still good are kept; others are made now and written by the plan.
Result<NodeRegistry> registry_plan(const host::Host& host, const RegistryWants& wants);

/// Where a node keeps the bundle that it serves.
[[nodiscard]] std::string bundle_path(const crypto::Digest& manifest);

}  // namespace kubeferry::node

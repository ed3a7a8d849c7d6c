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
  crypto::Digest manifest;  ///< of the bundle that is served
  /// The step that brings it to the path it is given: bundle_copy() or bundle_fetch().
  std::function<std::unique_ptr<const steps::Step>(const std::string&)> bring;
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

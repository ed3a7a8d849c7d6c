// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/runtime/images.hpp>

namespace kubeferry::runtime {

/// "unix:///run/containerd/containerd.sock" → "/run/containerd/containerd.sock".
inline std::string_view socket_path(const CriClient& client) {
  constexpr std::string_view k_scheme = "unix://";
  const std::string_view address = client.endpoint;
  return address.starts_with(k_scheme) ? address.substr(k_scheme.size()) : address;
}

/// A command line of ctr in the namespace that CRI's images are in.
inline std::vector<std::string> ctr(const CriClient& client, const std::vector<std::string>& arguments) {
  std::vector<std::string> argv = {client.ctr, "--address", std::string(socket_path(client)), "--namespace", "k8s.io"};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return argv;
}

}  // namespace kubeferry::runtime

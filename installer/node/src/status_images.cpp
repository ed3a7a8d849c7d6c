// SPDX-License-Identifier: Apache-2.0
#include "status_images.hpp"

#include <algorithm>

#include <kubeferry/node/install.hpp>
#include <kubeferry/node/kubectl.hpp>
#include <kubeferry/node/needs.hpp>
#include <kubeferry/runtime/detect.hpp>
#include <kubeferry/runtime/images.hpp>

#include "registry_plan.hpp"

namespace kubeferry::node {

namespace {

Result<std::shared_ptr<const bundle::Bundle>> own_bundle(const host::Host& host, const Installation& installation) {
  KF_TRY_ASSIGN(const auto digest, crypto::Digest::parse(installation.bundle));
  const std::string path = bundle_path(digest);
  if (!host.exists(path)) {
    return fail(ExitCode::usage, "this node keeps no copy of the bundle; its control planes do");
  }
  KF_TRY_ASSIGN(const auto trust, crypto::load_trust(host.at(k_trust_file)));
  return bundle::Bundle::open(host.at(path), trust);
}

void add(std::vector<std::string>& to, const std::vector<std::string>& more) {
  std::ranges::copy_if(more, std::back_inserter(to),
                       [&](const auto& one) { return std::ranges::find(to, one) == to.end(); });
}

/// What init or join brought, and what this cluster's kubeadm asks for when it can be asked.
Result<std::vector<std::string>> references(const host::Host& host, const steps::Journal& journal,
                                            const source::NodeSource& source) {
  std::vector<std::string> out;
  for (const auto& entry : journal.entries()) {
    if (entry.kind == "image") {
      out.push_back(entry.target);
    }
  }
  KF_TRY_ASSIGN(const auto network, pod_network_of(source));
  if (network) {
    add(out, network->images);
  }
  const auto kubeadm = host.program("kubeadm");
  const auto kubectl = host.program("kubectl");
  if (kubeadm && kubectl && host.exists(k_admin_conf)) {
    KF_TRY_ASSIGN(const auto program, kubeadm::find_program(host, *kubeadm));
    // An API server that does not answer is found wanting elsewhere.
    if (const auto cluster = Kubectl(host, *kubectl, host.at(k_admin_conf).native()).cluster_configuration()) {
      KF_TRY_ASSIGN(const auto asked, kubeadm::images(host, program, *cluster));
      add(out, asked);
    }
  }
  return out;
}

Status compare(const host::Host& host, const steps::Journal& journal, const Installation& installation,
               ImageState& out) {
  KF_TRY_ASSIGN(const auto bundle, own_bundle(host, installation));
  const auto source = source::local(bundle);
  KF_TRY_ASSIGN(const auto* platform, platforms::host());
  KF_TRY_ASSIGN(const auto names, references(host, journal, *source));
  KF_TRY_ASSIGN(const auto wanted, wanted_images(*source, *platform, names));
  KF_TRY_ASSIGN(const auto detected, runtime::detect(host, &journal));
  if (!detected.crictl) {
    return fail(ExitCode::io, "there is no crictl on this host");
  }
  const bool containerd = detected.containerd && installation.cri_socket.ends_with(detected.containerd->socket);
  const runtime::CriClient client{.crictl = detected.crictl->path,
                                  .endpoint = installation.cri_socket,
                                  .ctr = containerd && detected.ctr ? detected.ctr->path : std::string()};
  const bool pins =
      containerd && detected.containerd->program.version && runtime::heeds_pins(*detected.containerd->program.version);
  KF_TRY_ASSIGN(out.wrong,
                runtime::image_problems(host, client, wanted, pins ? runtime::PinsCount::yes : runtime::PinsCount::no));
  out.compared = wanted.size();
  return {};
}

}  // namespace

ImageState compare_images(const host::Host& host, const steps::Journal& journal, const Installation& installation) {
  ImageState out;
  if (const Status compared = compare(host, journal, installation, out); !compared) {
    out.unchecked = compared.error().message;
  }
  return out;
}

}  // namespace kubeferry::node

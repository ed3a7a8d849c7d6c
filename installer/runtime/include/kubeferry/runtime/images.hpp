// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/crypto/digest.hpp>
#include <kubeferry/host/host.hpp>
#include <kubeferry/runtime/version.hpp>
#include <kubeferry/steps/run.hpp>
#include <kubeferry/steps/step.hpp>

// Images as the kubelet will see them: through CRI, by crictl; pinned and imported by ctr, which CRI has no word for.
namespace kubeferry::runtime {

/// How a node's runtime is talked to.
struct CriClient {
  std::string crictl;              ///< path of the program
  std::string endpoint;            ///< "unix:///run/containerd/containerd.sock"
  std::string ctr;                 ///< path; empty: the runtime is CRI-O, or there is none
  std::string configuration = {};  ///< for crictl's --config; empty: its own
};

struct RuntimeImage {
  std::string id;                         ///< digest of the image's configuration
  std::vector<std::string> tags;          ///< "registry.k8s.io/pause:3.2"
  std::vector<std::string> repo_digests;  ///< "registry.k8s.io/pause@sha256:…": of what the tag was resolved to
  bool pinned = false;                    ///< false, too, where crictl is too old to say
};

/// Everything that the runtime has. io errors of running crictl; format error when it answers something else than JSON.
Result<std::vector<RuntimeImage>> list_images(const host::Host& host, const CriClient& client);
/// The image of that reference (tag or digest) among `images`; nothing when it is not there.
[[nodiscard]] const RuntimeImage* find_image(std::span<const RuntimeImage> images, std::string_view reference);
/// "amd64": what the image's configuration says. Empty when crictl does not tell. Errors as list_images().
Result<std::string> image_architecture(const host::Host& host, const CriClient& client, std::string_view reference);

/// Pulls through the runtime, as the kubelet would. network error with crictl's last line; interrupted.
Status pull_image(const host::Host& host, const CriClient& client, std::string_view reference,
                  const std::stop_token& stop = {});
/// Protects the reference from the kubelet's garbage collection (containerd ≥ 1.6.22 and ≥ 1.7.3 heed it). Does nothing
/// without client.ctr: CRI-O is told in its configuration.
Status pin_image(const host::Host& host, const CriClient& client, std::string_view reference);
/// What containerd itself has under a name.
struct StoredImage {
  crypto::Digest digest;  ///< of what the name means: index or manifest
  bool pin_written = false;
};
/// Nothing when it is not there, or without client.ctr. io errors of ctr.
Result<std::optional<StoredImage>> stored_image(const host::Host& host, const CriClient& client,
                                                std::string_view reference);
/// Whether containerd `version` heeds pins.
[[nodiscard]] bool heeds_pins(const Version& version);
/// Removes one reference and leaves others of the same image alone; the image goes with its last. Nothing to do when it
/// is not there.
Status remove_image(const host::Host& host, const CriClient& client, std::string_view reference);

/// Feeds an OCI layout as tar, read from `fd`, to containerd; all names in it appear in CRI's namespace. io error with
/// ctr's last line; interrupted.
Status import_images(const host::Host& host, const CriClient& client, int fd, const std::stop_token& stop = {});

/// What the signed manifest says of an image on this node's platform.
struct WantedImage {
  std::string reference;           ///< "registry.k8s.io/pause:3.10"
  crypto::Digest digest;           ///< of what the reference means: the index, or the single manifest
  crypto::Digest platform_digest;  ///< of this platform's manifest in it
  std::string architecture;        ///< "amd64"
};

/// Empty when `image` is what the manifest says, else what is wrong with it, as a clause for people: "has sha256:…
/// instead of sha256:…". `architecture` is image_architecture()'s answer; empty is not compared.
[[nodiscard]] std::string problem_with(const RuntimeImage& image, const WantedImage& wanted,
                                       std::string_view architecture);
/// The same of a reference among `images`: "is not there" when it is not.
Result<std::string> image_problem(const host::Host& host, const CriClient& client, std::span<const RuntimeImage> images,
                                  const WantedImage& wanted);
/// What is wrong with each of `wanted` ("REFERENCE: is not there", "…: is not pinned" when `pins_count`).
enum class PinsCount { no, yes };
Result<std::vector<std::string>> image_problems(const host::Host& host, const CriClient& client,
                                                std::span<const WantedImage> wanted, PinsCount pins_count);

/// Whether undo removes an image that was not there before. `never` where the whole store goes with the runtime.
enum class UndoImages { remove, never };
/// How an image gets into the runtime, when not by a pull.
using BringImage = std::function<Status(const host::Host&, const CriClient&, const WantedImage&)>;
/// Step of kind "image": there, right, on the disk, and then pinned. Pulls, or does `bring` instead; an image of that
/// name which is another one is brought again; with `never`, so is one without a pin, which a power cut may have
/// damaged. integrity error when what came is not what the manifest says. satisfied() is false while no runtime
/// answers.
[[nodiscard]] std::unique_ptr<const steps::Step> image_step(CriClient client, WantedImage wanted, UndoImages undo,
                                                            std::stop_token stop = {}, BringImage bring = {});

/// Undo of the kinds of this room: "image", "containerd-check".
[[nodiscard]] steps::Undoers runtime_undoers();

}  // namespace kubeferry::runtime

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <stop_token>

#include <kubeferry/runtime/images.hpp>
#include <kubeferry/source/node_source.hpp>

namespace kubeferry::node {

/// Puts an image out of `source` into containerd (`ctr images import`) without any registry: an OCI image layout of it
/// as a tar archive (image-spec, image-layout.md), with what this platform needs, every byte verified on the way, and
/// nothing of it on disk. Errors of the source, which come before those of ctr; io when CRI does not see it soon.
Status import_image(const host::Host& host, const runtime::CriClient& client, const runtime::WantedImage& wanted,
                    const source::NodeSource& source, const std::stop_token& stop);

/// import_image() for image_step().
[[nodiscard]] runtime::BringImage preloaded(std::shared_ptr<const source::NodeSource> source, std::stop_token stop);

/// The archive. Exposed for tests.
Status write_layout(const source::NodeSource& source, const runtime::WantedImage& wanted, Sink& out);

}  // namespace kubeferry::node

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "resolve_images.hpp"

namespace kubeferry::builder {

/// One download of the catalog: its digest by the published checksum where there is one, its members when it is an
/// archive. integrity error when checksum and content disagree.
Result<LockedDownload> resolve_download(const catalog::DownloadNeed& need, Upstream& upstream, Collected& collected);

/// One file of the spec, for `platforms`.
Result<LockedDownload> resolve_file(const catalog::FileSpec& file, const std::vector<std::string>& platforms,
                                    Upstream& upstream);

/// Reads a published checksum file. format error when it has no hash for `file_name`.
Result<crypto::Digest> parse_checksum(std::string_view text, catalog::ChecksumStyle style, std::string_view file_name,
                                      std::string_view what);

/// Asks `kubeadm` (a binary for this machine) for the images of `version`, and compares them with `expected`.
/// integrity error when they differ. When it cannot be run, `why_not` says why and that is no error.
Status compare_with_kubeadm(const catalog::DownloadNeed& kubeadm, const catalog::KubernetesSpec& spec,
                            const std::vector<catalog::ImageNeed>& expected, Upstream& upstream, std::string& why_not);

}  // namespace kubeferry::builder

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include <kubeferry/base/result.hpp>
#include <kubeferry/host/host.hpp>

namespace kubeferry::kubeadm {

/// A file (0600) in a directory of its own (0700) that goes with this.
class PrivateFile {
public:
  /// `directory` is the host's. io errors.
  static Result<PrivateFile> create(const host::Host& host, std::string_view directory, std::string_view content);
  PrivateFile(PrivateFile&& other) noexcept;
  PrivateFile& operator=(PrivateFile&&) = delete;
  PrivateFile(const PrivateFile&) = delete;
  PrivateFile& operator=(const PrivateFile&) = delete;
  ~PrivateFile();

  /// As the host sees it.
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

private:
  PrivateFile(std::filesystem::path folder, std::string path) : folder_(std::move(folder)), path_(std::move(path)) {}
  std::filesystem::path folder_;  // as we see it; empty when moved from
  std::string path_;
};

}  // namespace kubeferry::kubeadm

// SPDX-License-Identifier: Apache-2.0
#include "private_file.hpp"

#include <fcntl.h>
#include <stdlib.h>

#include <cerrno>

#include <kubeferry/base/fd.hpp>

namespace kubeferry::kubeadm {
namespace {

constexpr std::string_view k_name = "kubeadm.yaml";

}  // namespace

Result<PrivateFile> PrivateFile::create(const host::Host& host, std::string_view directory, std::string_view content) {
  std::string folder = (host.at(directory) / "kubeferry-XXXXXX").native();
  if (::mkdtemp(folder.data()) == nullptr) {
    return fail_errno(errno, host.at(directory).native());
  }
  const std::filesystem::path made(folder);
  PrivateFile file(made, fmt::format("{}/{}/{}", directory, made.filename().native(), k_name));
  KF_TRY_ASSIGN(const Fd fd, open_file(made / k_name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600));
  KF_TRY(write_all(fd.get(), as_byte_view(content), file.path_));
  return file;
}

PrivateFile::PrivateFile(PrivateFile&& other) noexcept
    : folder_(std::exchange(other.folder_, {})), path_(std::move(other.path_)) {}

PrivateFile::~PrivateFile() {
  if (!folder_.empty()) {
    std::error_code ignored;
    std::filesystem::remove(folder_ / k_name, ignored);
    std::filesystem::remove(folder_, ignored);
  }
}

}  // namespace kubeferry::kubeadm

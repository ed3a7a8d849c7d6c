// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <kubeferry/base/fd.hpp>
#include <kubeferry/base/result.hpp>
#include <kubeferry/base/stream.hpp>

namespace kubeferry::host {

/// A program that runs from memory: what a bundle's kubeadm says must be known before anything is written to the host.
class MemoryProgram {
public:
  /// Takes all of `program` into memory (a sealed memfd). io errors; unsupported_host when the kernel refuses.
  static Result<MemoryProgram> load(const std::string& name, Source& program);

  /// What to name as argv[0]; good in this process and its children while this lives.
  [[nodiscard]] std::string path() const;

private:
  explicit MemoryProgram(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

}  // namespace kubeferry::host

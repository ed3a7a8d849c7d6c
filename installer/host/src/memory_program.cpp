// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/host/memory_program.hpp>

#include <fcntl.h>
#include <sys/mman.h>

#include <cerrno>

namespace kubeferry::host {

namespace {

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

int make(const std::string& name) {
  constexpr unsigned k_flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  // Kernels from 6.3 on want to be told that it is a program; older ones do not know the flag.
  const int fd = ::memfd_create(name.c_str(), k_flags | MFD_EXEC);
  return fd < 0 && errno == EINVAL ? ::memfd_create(name.c_str(), k_flags) : fd;
}

}  // namespace

Result<MemoryProgram> MemoryProgram::load(const std::string& name, Source& program) {
  Fd fd(make(name));
  if (!fd) {
    const int reason = errno;
    return fail(ExitCode::unsupported_host, "{}: the kernel gives no memory to run it from: {}", name,
                std::generic_category().message(reason));
  }
  FdSink sink(fd.get(), name);
  KF_TRY(copy_all(program, sink));
  // A program that is open for writing cannot be run.
  if (::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
    return fail_errno(errno, name);
  }
  const std::string itself = fmt::format("/proc/self/fd/{}", fd.get());
  KF_TRY_ASSIGN(Fd readable, open_file(itself, O_RDONLY));
  return MemoryProgram(std::move(readable));
}

std::string MemoryProgram::path() const { return fmt::format("/proc/self/fd/{}", fd_.get()); }

}  // namespace kubeferry::host

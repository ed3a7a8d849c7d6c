// SPDX-License-Identifier: Apache-2.0
// A reference that is accepted has one meaning, however it is written.
#include <cstddef>
#include <cstdint>

#include <kubeferry/oci/reference.hpp>

#include "require.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using kubeferry::fuzz::require;
  using kubeferry::oci::Reference;
  const auto reference = Reference::parse({reinterpret_cast<const char*>(data), size});
  if (!reference) {
    return 0;
  }
  const auto full = Reference::parse(reference->to_string());
  require(full && *full == *reference, "parse(to_string()) is the same reference");
  const auto familiar = Reference::parse(reference->familiar());
  require(familiar && *familiar == *reference, "parse(familiar()) is the same reference");
  require(kubeferry::oci::is_registry(reference->registry), "the registry is one");
  require(kubeferry::oci::is_repository(reference->repository), "the repository is one");
  require(reference->to_string().find("..") == std::string::npos || reference->tag, "no dots lead out of a name");
  return 0;
}

// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <kubeferry/host_packages/distribution.hpp>

namespace kubeferry::host_packages {

namespace {

/// RFC 3986's unreserved characters and "/" as they are: a blank would end the address in either kind of file.
std::string path_of_url(std::string_view path) {
  constexpr std::string_view k_plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/";
  std::string out;
  for (const char c : path) {
    if (k_plain.find(c) != std::string_view::npos) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

}  // namespace

std::string source_text(const bundle::PackageRepository& repository, std::string_view directory,
                        bool check_signatures) {
  const std::string path = path_of_url(directory);
  if (repository.format == bundle::k_deb) {
    return fmt::format("deb [trusted=yes] file:{} ./\n", path);
  }
  return fmt::format("[kubeferry-{}]\nname=kubeferry {}\nbaseurl=file://{}\nenabled=1\ngpgcheck={}\nrepo_gpgcheck=0\n",
                     repository.name, repository.name, path, check_signatures ? 1 : 0);
}

}  // namespace kubeferry::host_packages

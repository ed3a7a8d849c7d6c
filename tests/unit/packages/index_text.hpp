// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/packages/closure.hpp>

namespace kubeferry::packages {

struct DebEntry {
  std::string name;
  std::string version = "1";
  std::string fields;  ///< further lines, each with its newline
  std::string architecture = "armhf";
};

inline std::string stanza(const DebEntry& entry) {
  const std::string hash = crypto::Digest::of(as_byte_view(entry.name + entry.version)).hex();
  return fmt::format(
      "Package: {0}\nVersion: {1}\nArchitecture: {2}\n{3}Filename: pool/main/{0}_{1}_{2}.deb\nSize: 100\nSHA256: "
      "{4}\n\n",
      entry.name, entry.version, entry.architecture, entry.fields, hash);
}

inline std::string deb_index(const std::vector<DebEntry>& entries) {
  std::string text;
  for (const DebEntry& entry : entries) {
    text += stanza(entry);
  }
  return text;
}

inline std::vector<std::string> names_of(const std::vector<Package>& packages) {
  std::vector<std::string> names;
  for (const Package& package : packages) {
    names.push_back(package.name);
  }
  return names;
}

}  // namespace kubeferry::packages

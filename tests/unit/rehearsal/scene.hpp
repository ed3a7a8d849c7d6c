// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include <kubeferry/host/host.hpp>

namespace kubeferry::rehearsal {

/// A root of its own, without programs, that goes when this goes.
class Scene {
public:
  Scene() {
    std::string name = (std::filesystem::temp_directory_path() / "rehearsal-XXXXXX").native();
    root_ = ::mkdtemp(name.data());
  }
  Scene(const Scene&) = delete;
  Scene& operator=(const Scene&) = delete;
  ~Scene() { std::filesystem::remove_all(root_); }

  [[nodiscard]] host::Host host() const { return {root_, nullptr}; }
  [[nodiscard]] std::string at(std::string_view path) const { return root_ + std::string(path); }
  void file(std::string_view path, std::string_view text) const {
    std::filesystem::create_directories(std::filesystem::path(at(path)).parent_path());
    std::ofstream(at(path)) << text;
  }
  [[nodiscard]] std::string text(std::string_view path) const {
    std::ifstream in(at(path));
    return {std::istreambuf_iterator<char>(in), {}};
  }

private:
  std::string root_;
};

}  // namespace kubeferry::rehearsal

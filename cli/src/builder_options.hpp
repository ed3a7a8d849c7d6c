// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include <kubeferry/base/result.hpp>
#include <kubeferry/builder/session.hpp>

#include "catalog_option.hpp"
#include "command.hpp"

namespace kubeferry::cli {

/// What `lock` and `build` have in common.
struct BuilderOptions {
  std::string spec;
  CatalogOption catalog;
  std::string image_list = "auto";
  std::size_t jobs = 16;

  void add_to(CLI::App& command);
  [[nodiscard]] bool ask_kubeadm() const { return image_list != "catalog"; }
};

/// SOURCE_DATE_EPOCH when it is set (usage error when it is no number of seconds), the clock otherwise.
Result<TimePoint> build_time();

/// Messages of the builder on the console.
builder::Talk talk_on(const Console& console);

}  // namespace kubeferry::cli

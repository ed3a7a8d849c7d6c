// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <kubeferry/preflight/check.hpp>

namespace kubeferry::preflight::testing_support {

using Spoil = std::function<void(Facts&, Question&)>;

/// One thing that is wrong with the good host, or asked otherwise, and all that is then found.
struct Defect {
  const char* name;
  Spoil spoil;
  std::vector<std::string> found;
  const char* says = "";  ///< part of what the first one says, in what, why or fix
};

inline void PrintTo(const Defect& defect, std::ostream* out) { *out << defect.name; }

/// What every row of a table of defects must hold: it is found, nothing else is, and each finding says what, why and
/// fix.
void expect_exactly(const Defect& defect);

inline Spoil both(Spoil a, Spoil b) {
  return [a = std::move(a), b = std::move(b)](Facts& facts, Question& question) {
    a(facts, question);
    b(facts, question);
  };
}
inline void use_worker(Facts&, Question& question) { question.role = Role::worker; }

}  // namespace kubeferry::preflight::testing_support

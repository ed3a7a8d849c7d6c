// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/base/result.hpp>
#include <kubeferry/preflight/facts.hpp>
#include <kubeferry/preflight/question.hpp>

// Whether a host can become what it is asked to (docs/preflight.md). Pure.
namespace kubeferry::preflight {

enum class Severity {
  error,    ///< it will not work
  warning,  ///< it may not
  info,     ///< worth knowing
};
[[nodiscard]] std::string_view to_string(Severity severity) noexcept;

struct Finding {
  std::string name;  ///< kubeadm's own where it has the check: "NumCPU", "Port-6443", "FileExisting-ip"
  Severity severity = Severity::error;
  std::string what;      ///< one line: what is the case
  std::string why;       ///< one line: what comes of it
  std::string fix;       ///< a command to type, or what to do; empty when there is nothing
  bool ignored = false;  ///< was an error, and is a warning because the user said so
  [[nodiscard]] bool operator==(const Finding&) const = default;
};

/// Whether it goes when the bundle's packages are installed: their repository was made for what is missing.
[[nodiscard]] bool is_helped_by_packages(const Finding& finding);

/// Everything that is wrong, errors first, in the order of docs/preflight.md otherwise.
[[nodiscard]] std::vector<Finding> check(const Facts& facts, const Question& question);

/// The name of every check, in that order; one that ends in "-" goes on with a port, a path or a program.
[[nodiscard]] std::vector<std::string_view> check_names();

/// Names of checks that were left out because the question has no bundle, networks or sizes to check against.
[[nodiscard]] std::vector<std::string> left_out(const Question& question);

/// What `--ignore` takes: names of checks, comma-separated or repeated, in any case. Gives them back in lower case, for
/// Question::ignored. usage error with the nearest for a name that no check has, and for "all": what is not known
/// cannot be accepted.
Result<std::set<std::string>> parse_ignored(std::span<const std::string> words);

/// Those of `ignored` that kubeadm checks too, by its names for them: for its `ignorePreflightErrors`.
[[nodiscard]] std::vector<std::string> kubeadm_names(const std::set<std::string>& ignored);

}  // namespace kubeferry::preflight

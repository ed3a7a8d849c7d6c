// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/packages/closure.hpp>

#include <algorithm>
#include <tuple>

#include <kubeferry/base/text.hpp>

#include "entries.hpp"
#include "solv.hpp"

namespace kubeferry::packages {

namespace {

/// How many problems a message names.
constexpr std::size_t k_most_named = 3;

class Closing {
public:
  explicit Closing(const ClosureRequest& request) : request_(request) {}

  Result<Closure> close() {
    if (!pool_) {
      return fail(ExitCode::bug, "libsolv cannot do {} packages", to_string(request_.format));
    }
    for (const Index& index : request_.indexes) {
      KF_TRY(pool_.add(index));
    }
    pool_.seal();
    Closure closure;
    std::vector<Id> names;
    for (const std::string& name : request_.names) {
      const Id id = pool_.name(name, request_.format);
      if (id == 0) {
        closure.unknown.push_back(name);
      } else {
        names.push_back(id);
      }
    }
    KF_TRY_ASSIGN(const auto base, base_names(request_));
    KF_TRY_ASSIGN(const auto installed, solve(names, base));
    // What every host has came in to decide alternatives; it is carried only where something needs it.
    const auto kept = request_.format == Format::deb ? pool_.reached(names, installed, base) : installed;
    std::set<Chosen> chosen;
    for (const Id id : kept) {
      chosen.insert(pool_.chosen(id));
    }
    if (request_.format == Format::deb) {
      KF_TRY_ASSIGN(closure.packages, deb_entries(request_, chosen));
    } else {
      KF_TRY_ASSIGN(closure.packages, rpm_entries(request_, chosen));
    }
    std::ranges::sort(closure.packages, {}, [](const Package& one) { return std::tie(one.name, one.version); });
    if (closure.packages.size() != chosen.size()) {
      return fail(ExitCode::format, "the indexes and what libsolv read of them differ: {} packages chosen, {} found",
                  chosen.size(), closure.packages.size());
    }
    return closure;
  }

private:
  Result<std::set<Id>> solve(const std::vector<Id>& names, const std::set<std::string>& base) {
    IdQueue jobs;
    for (const Id name : names) {
      jobs.push(SOLVER_INSTALL | (pool_.is_package(name) ? SOLVER_SOLVABLE_NAME : SOLVER_SOLVABLE_PROVIDES), name);
    }
    for (const std::string& name : base) {
      if (const Id id = pool_.name(name, request_.format); id != 0) {
        jobs.push(SOLVER_INSTALL | SOLVER_WEAK | SOLVER_SOLVABLE_NAME, id);
      }
    }
    if (request_.format == Format::deb) {
      for (const Id favoured : pool_.first_alternatives(names)) {
        jobs.push(SOLVER_FAVOR | SOLVER_SOLVABLE_NAME, favoured);
      }
    }
    Solution solution(pool_);
    const std::vector<std::string> problems = solution.run(jobs);
    if (problems.empty()) {
      return solution.packages();
    }
    const auto named = std::min(problems.size(), k_most_named);
    std::string text;
    for (std::size_t n = 0; n < named; ++n) {
      text += (n == 0 ? "" : "; ") + printable(problems[n]);
    }
    return fail(ExitCode::usage, "{}{}", text,
                problems.size() == named ? std::string() : fmt::format(" (and {} more)", problems.size() - named));
  }

  const ClosureRequest& request_;
  PackagePool pool_{request_.format, request_.architecture};
};

}  // namespace

Result<Closure> closure_of(const ClosureRequest& request) { return Closing(request).close(); }

}  // namespace kubeferry::packages

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "entries.hpp"
#include "solv_headers.hpp"

// libsolv, with owners for what it hands out.
namespace kubeferry::packages {

/// libsolv's list of numbers.
class IdQueue {
public:
  IdQueue() { ::queue_init(&queue_); }
  IdQueue(const IdQueue&) = delete;
  IdQueue& operator=(const IdQueue&) = delete;
  ~IdQueue() { ::queue_free(&queue_); }

  void push(Id how, Id what) { ::queue_push2(&queue_, how, what); }
  [[nodiscard]] ::Queue* get() noexcept { return &queue_; }
  [[nodiscard]] std::vector<Id> values() const { return {queue_.elements, queue_.elements + queue_.count}; }

private:
  ::Queue queue_;
};

/// All packages of a request's indexes.
class PackagePool {
public:
  /// False afterwards when libsolv was built without this format.
  PackagePool(Format format, const std::string& architecture);
  explicit operator bool() const noexcept { return usable_; }

  /// Indexes in the request's order. format error when libsolv cannot read one.
  Status add(const Index& index);
  /// After the last add(), before anything else.
  void seal();

  /// The number of a name that some package has, or (rpm) that some package provides; 0 otherwise.
  [[nodiscard]] Id name(const std::string& text, Format format) const;
  [[nodiscard]] bool is_package(Id name) const;
  /// Names that stand first in an alternative which `names` lead to.
  [[nodiscard]] std::set<Id> first_alternatives(const std::vector<Id>& names) const;
  /// What of `installed` is needed by packages of these names, and they themselves. Of a package whose name is in
  /// `base`, which is on every host with what it needs there, only dependencies on a version count.
  [[nodiscard]] std::set<Id> reached(const std::vector<Id>& names, const std::set<Id>& installed,
                                     const std::set<std::string>& base) const;
  [[nodiscard]] Chosen chosen(Id package) const;
  [[nodiscard]] ::Pool* get() const noexcept { return pool_.get(); }

private:
  struct Free {
    void operator()(::Pool* pool) const { ::pool_free(pool); }
  };
  [[nodiscard]] std::vector<Id> packages_named(Id name) const;
  [[nodiscard]] std::vector<Id> requirements(Id package) const;

  std::unique_ptr<::Pool, Free> pool_;
  std::vector<::Repo*> repositories_;  ///< the pool's
  bool usable_ = false;
  Format format_;
};

/// One run of the solver.
class Solution {
public:
  explicit Solution(const PackagePool& pool);
  /// Solves; returns what stands in the way, a line each, and nothing when it was solved.
  std::vector<std::string> run(IdQueue& jobs);
  [[nodiscard]] std::set<Id> packages() const;

private:
  struct Free {
    void operator()(::Solver* solver) const { ::solver_free(solver); }
  };
  ::Pool* pool_;
  std::unique_ptr<::Solver, Free> solver_;
};

}  // namespace kubeferry::packages

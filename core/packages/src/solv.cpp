// SPDX-License-Identifier: Apache-2.0
#include "solv.hpp"

#include <cstdio>

#include <kubeferry/base/text.hpp>

namespace kubeferry::packages {

namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

/// What a dependency with an operator is made of; null pointer for a bare name. libsolv's own macros mix signs.
const ::Reldep* relation(const ::Pool* pool, Id dependency) {
  constexpr std::uint32_t k_is_relation = std::uint32_t{1} << 31;
  const auto bits = static_cast<std::uint32_t>(dependency);
  return (bits & k_is_relation) == 0 ? nullptr : pool->rels + (bits ^ k_is_relation);
}

/// The name that a dependency without alternatives is about: of "foo:any (>= 1)", foo.
Id name_in(const ::Pool* pool, Id dependency) {
  while (const ::Reldep* parts = relation(pool, dependency)) {
    dependency = parts->name;
  }
  return dependency;
}

bool is_alternative(const ::Pool* pool, Id dependency) {
  const ::Reldep* parts = relation(pool, dependency);
  return parts != nullptr && parts->flags == REL_OR;
}

bool is_versioned(const ::Pool* pool, Id dependency) {
  const ::Reldep* parts = relation(pool, dependency);
  return parts != nullptr && (parts->flags & ~(REL_GT | REL_EQ | REL_LT)) == 0;
}

}  // namespace

PackagePool::PackagePool(Format format, const std::string& architecture) : pool_(::pool_create()), format_(format) {
  usable_ = ::pool_setdisttype(pool_.get(), format == Format::deb ? DISTTYPE_DEB : DISTTYPE_RPM) >= 0;
  // Just this one and what is for all: a host of two architectures is nobody's node.
  ::pool_setarchpolicy(pool_.get(), architecture.c_str());
}

Status PackagePool::add(const Index& index) {
  ::Repo* repository = ::repo_create(pool_.get(), "index");
  repositories_.push_back(repository);
  if (index.text.empty()) {
    return {};
  }
  // Read only, whatever its type says.
  const std::unique_ptr<std::FILE, CloseFile> file(
      ::fmemopen(const_cast<char*>(index.text.data()), index.text.size(), "r"));
  if (!file) {
    return fail_errno(errno, index.name);
  }
  const int status = format_ == Format::deb ? ::repo_add_debpackages(repository, file.get(), 0)
                                            : ::repo_add_rpmmd(repository, file.get(), nullptr, 0);
  if (status != 0) {
    const char* problem = ::pool_errstr(pool_.get());
    return fail(ExitCode::format, "{}: {}", index.name, printable(problem == nullptr ? "unreadable" : problem));
  }
  return {};
}

void PackagePool::seal() {
  ::pool_addfileprovides(pool_.get());
  ::pool_createwhatprovides(pool_.get());
}

std::vector<Id> PackagePool::packages_named(Id name) const {
  std::vector<Id> packages;
  ::Pool* pool = pool_.get();
  for (const Id* p = ::pool_whatprovides_ptr(pool, name); *p != 0; ++p) {
    if (::pool_id2solvable(pool, *p)->name == name) {
      packages.push_back(*p);
    }
  }
  return packages;
}

bool PackagePool::is_package(Id name) const { return !packages_named(name).empty(); }

Id PackagePool::name(const std::string& text, Format format) const {
  const Id id = ::pool_str2id(pool_.get(), text.c_str(), 0);
  if (id == 0 || (!is_package(id) && (format == Format::deb || *::pool_whatprovides_ptr(pool_.get(), id) == 0))) {
    return 0;
  }
  return id;
}

std::vector<Id> PackagePool::requirements(Id package) const {
  IdQueue queue;
  ::solvable_lookup_deparray(::pool_id2solvable(pool_.get(), package), SOLVABLE_REQUIRES, queue.get(), 0);
  std::vector<Id> all = queue.values();
  std::erase(all, SOLVABLE_PREREQMARKER);
  return all;
}

std::set<Id> PackagePool::first_alternatives(const std::vector<Id>& names) const {
  ::Pool* pool = pool_.get();
  std::set<Id> favoured;
  std::set<Id> seen(names.begin(), names.end());
  std::vector<Id> open = names;
  while (!open.empty()) {
    const Id name = open.back();
    open.pop_back();
    for (const Id package : packages_named(name)) {
      for (Id dependency : requirements(package)) {
        const bool alternative = is_alternative(pool, dependency);
        while (is_alternative(pool, dependency)) {
          dependency = relation(pool, dependency)->name;
        }
        const Id first = name_in(pool, dependency);
        if (!is_package(first) || *::pool_whatprovides_ptr(pool, dependency) == 0) {
          continue;
        }
        if (alternative) {
          favoured.insert(first);
        }
        if (seen.insert(first).second) {
          open.push_back(first);
        }
      }
    }
  }
  return favoured;
}

std::set<Id> PackagePool::reached(const std::vector<Id>& names, const std::set<Id>& installed,
                                  const std::set<std::string>& base) const {
  std::set<Id> reached;
  std::vector<Id> open;
  const auto reach = [&](Id package) {
    if (installed.contains(package) && reached.insert(package).second) {
      open.push_back(package);
    }
  };
  for (const Id name : names) {
    for (const Id package : packages_named(name)) {
      reach(package);
    }
  }
  while (!open.empty()) {
    const Id package = open.back();
    open.pop_back();
    const bool everywhere = base.contains(::pool_id2str(pool_.get(), ::pool_id2solvable(pool_.get(), package)->name));
    for (const Id dependency : requirements(package)) {
      if (everywhere && !is_versioned(pool_.get(), dependency)) {
        continue;
      }
      for (const Id* p = ::pool_whatprovides_ptr(pool_.get(), dependency); *p != 0; ++p) {
        reach(*p);
      }
    }
  }
  return reached;
}

Chosen PackagePool::chosen(Id package) const {
  ::Pool* pool = pool_.get();
  const ::Solvable* solvable = ::pool_id2solvable(pool, package);
  Chosen out;
  for (std::size_t n = 0; n < repositories_.size(); ++n) {
    out.index = repositories_[n] == solvable->repo ? n : out.index;
  }
  out.name = ::pool_id2str(pool, solvable->name);
  out.version = ::pool_id2str(pool, solvable->evr);
  out.architecture = ::pool_id2str(pool, solvable->arch);
  return out;
}

Solution::Solution(const PackagePool& pool) : pool_(pool.get()), solver_(::solver_create(pool.get())) {
  ::solver_set_flag(solver_.get(), SOLVER_FLAG_IGNORE_RECOMMENDED, 1);
}

std::vector<std::string> Solution::run(IdQueue& jobs) {
  const int problems = ::solver_solve(solver_.get(), jobs.get());
  std::vector<std::string> lines;
  for (Id problem = 1; problem <= problems; ++problem) {
    Id source = 0;
    Id target = 0;
    Id dependency = 0;
    const Id rule = ::solver_findproblemrule(solver_.get(), problem);
    const SolverRuleinfo kind = ::solver_ruleinfo(solver_.get(), rule, &source, &target, &dependency);
    lines.emplace_back(::solver_problemruleinfo2str(solver_.get(), kind, source, target, dependency));
  }
  return lines;
}

std::set<Id> Solution::packages() const {
  struct FreeTransaction {
    void operator()(::Transaction* transaction) const { ::transaction_free(transaction); }
  };
  const std::unique_ptr<::Transaction, FreeTransaction> transaction(::solver_create_transaction(solver_.get()));
  IdQueue queue;
  const int fresh = ::transaction_installedresult(transaction.get(), queue.get());
  const std::vector<Id> all = queue.values();
  return {all.begin(), all.begin() + fresh};
}

}  // namespace kubeferry::packages

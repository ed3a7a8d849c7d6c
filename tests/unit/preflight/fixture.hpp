// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/host/host.hpp>
#include <kubeferry/preflight/check.hpp>

namespace kubeferry::preflight::testing_support {

host::Address address(std::string_view text);
host::Cidr cidr(std::string_view text);

/// A host without a fault, and what it is asked: nothing is found.
Facts good_facts();
Question good_question();

/// "error NumCPU", "warning Clock", …, in their order.
std::vector<std::string> names(const std::vector<Finding>& findings);

/// Answers for programs by their whole command line; others cannot be started.
class FakeRunner final : public host::Runner {
public:
  std::map<std::string, std::string> answers;
  Result<ProcessOutput> run(const Command& command) override;
};

/// A host in a folder of its own.
class Tree {
public:
  Tree();
  ~Tree();
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;

  void write(const std::string& path, std::string_view text);
  void program(const std::string& path);
  void link(const std::string& path, const std::string& target);
  [[nodiscard]] host::Host host() const { return {root_, runner_}; }
  [[nodiscard]] FakeRunner& runner() { return *runner_; }
  [[nodiscard]] const std::filesystem::path& root() const { return root_; }

private:
  std::filesystem::path root_;
  std::shared_ptr<FakeRunner> runner_ = std::make_shared<FakeRunner>();
};

/// A number as /proc prints those that hold an address: in this machine's byte order.
std::string native_hex(std::string_view address);

}  // namespace kubeferry::preflight::testing_support

// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/host/host.hpp>

#include <unistd.h>

#include <kubeferry/base/fd.hpp>
#include <kubeferry/base/text.hpp>

namespace kubeferry::host {

namespace {

constexpr std::uint64_t k_largest_text = std::uint64_t{1} << 20;

}  // namespace

Result<ProcessOutput> SystemRunner::run(const Command& command) {
  Command clean = command;
  clean.inherit_environment = false;
  clean.environment.insert(clean.environment.begin(),
                           {{"PATH", std::string(k_program_path)}, {"LC_ALL", "C"}, {"HOME", "/root"}});
  return kubeferry::run(clean);
}

Host Host::local() { return {"/", std::make_shared<SystemRunner>()}; }

std::filesystem::path Host::at(std::string_view path) const {
  return root_ / std::filesystem::path(path).relative_path();
}

std::optional<std::string> Host::text(std::string_view path) const {
  auto content = read_file(at(path), k_largest_text);
  if (!content) {
    return std::nullopt;
  }
  return std::move(*content);
}

std::optional<std::string> Host::line(std::string_view path) const {
  const auto content = text(path);
  if (!content) {
    return std::nullopt;
  }
  return std::string(trim(*content));
}

bool Host::exists(std::string_view path) const {
  std::error_code ignored;
  return std::filesystem::exists(std::filesystem::symlink_status(at(path), ignored));
}

std::optional<std::string> Host::program(std::string_view name) const {
  for (const auto directory : split(k_program_path, ':')) {
    std::string path = fmt::format("{}/{}", directory, name);
    std::error_code ignored;
    if (std::filesystem::is_regular_file(at(path), ignored) && ::access(at(path).c_str(), X_OK) == 0) {
      return path;
    }
  }
  return std::nullopt;
}

Result<std::string> Host::output_of(std::vector<std::string> argv, std::chrono::milliseconds timeout) const {
  Command command{.argv = std::move(argv), .timeout = timeout};
  KF_TRY_ASSIGN(ProcessOutput output, run(command));
  if (output.exit_status != 0) {
    const std::string reason = last_line(output.err.empty() ? output.out : output.err);
    return fail(ExitCode::io, "{} ended with {}: {}", fmt::join(command.argv, " "), output.exit_status, reason);
  }
  return std::move(output.out);
}

std::string last_line(std::string_view text) {
  std::string_view last;
  for (const auto line : split(text, '\n')) {
    if (!trim(line).empty()) {
      last = trim(line);
    }
  }
  return printable(last);
}

}  // namespace kubeferry::host

// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstdio>
#include <new>
#include <span>
#include <string_view>

#include <CLI/CLI.hpp>

#include <kubeferry/base/version.hpp>
#include <kubeferry/rehearsal/inside.hpp>

#include "arguments.hpp"
#include "command.hpp"
#include "output.hpp"
#include "signals.hpp"

namespace kubeferry::cli {

namespace {

// In the order in which somebody meets them.
constexpr std::array k_table = {
    &add_key,    &add_spec,    &add_images,     &add_lock,   &add_build,   &add_verify,    &add_inspect,
    &add_diff,   &add_extract, &add_stick,      &add_serve,  &add_mirror,  &add_packages,  &add_preflight,
    &add_init,   &add_join,    &add_reset,      &add_status, &add_doctor,  &add_join_pack, &add_token,
    &add_keyset, &add_sign,    &add_completion, &add_man,    &add_version,
};

constexpr std::string_view k_description =
    "Carries Kubernetes over an air gap: builds signed bundles, verifies, serves and mirrors them, makes nodes of "
    "them.";

/// When the command line cannot be parsed, it still says how the error wants to be written.
bool wants_json(std::span<char*> arguments) {
  for (std::size_t n = 1; n < arguments.size(); ++n) {
    const std::string_view word = arguments[n];
    if (word == "--output=json" || (word == "json" && std::string_view(arguments[n - 1]) == "--output")) {
      return true;
    }
  }
  return false;
}

int report(Error error, Format format, int exit_status) {
  if (format == Format::json) {
    const std::string document = error_document(error, exit_status);
    std::fwrite(document.data(), 1, document.size(), stderr);
  } else {
    Console().error(error);
  }
  return exit_status;
}

struct GlobalOptions {
  bool quiet = false;
  bool verbose = false;
};

Context make_context(const GlobalOptions& options, Format format, const SignalWatch& signals) {
  const auto level = options.quiet     ? Console::Level::quiet
                     : options.verbose ? Console::Level::verbose
                                       : Console::Level::normal;
  // A program that reads JSON has no use for a bar on the same terminal.
  const bool silent = options.quiet || format == Format::json;
  return {.console = Console(level),
          .stop = signals.token(),
          .progress = silent ? ProgressMode::silent : ProgressMode::automatic,
          .format = format};
}

Status run_guarded(const Run& run, const Context& context) {
  try {
    return run(context);
  } catch (const std::bad_alloc&) {
    return fail(ExitCode::limit, "out of memory");
  } catch (const std::exception& thrown) {
    return fail(ExitCode::bug, "unexpected: {}", thrown.what());
  }
}

int run_program(int argc, char** argv, const SignalWatch& signals) {
  CLI::App app(std::string(k_description), "kubeferry");
  GlobalOptions options;
  Commands commands;
  app.require_subcommand(1);
  app.fallthrough();
  auto* quiet = app.add_flag("-q,--quiet", options.quiet, "Print errors and answers only");
  app.add_flag("-v,--verbose", options.verbose, "Print more of what happens")->excludes(quiet);
  app.set_version_flag("--version", fmt::format("kubeferry {}", k_version), "Print the version");
  app.set_help_flag("-h,--help", "Print this help");
  for (const auto& add : k_table) {
    add(app, commands);
  }

  const auto parsed = parse_arguments(app, argc, argv);
  if (!parsed) {
    const bool json = wants_json(std::span(argv, static_cast<std::size_t>(argc)));
    return report(parsed.error(), json ? Format::json : Format::text, static_cast<int>(parsed.error().code));
  }
  if (!parsed->empty()) {
    const Status printed = print(*parsed);
    return printed ? 0 : report(printed.error(), Format::text, static_cast<int>(printed.error().code));
  }
  const auto format = commands.format();
  if (!format) {
    return report(format.error(), Format::text, static_cast<int>(format.error().code));
  }
  const Commands::Entry& command = *commands.chosen();
  Context context = make_context(options, *format, signals);
  context.arguments.assign(argv + 1, argv + argc);
  Status status = run_guarded(command.run, context);
  if (status) {
    return 0;
  }
  Error error = std::move(status).error();
  int exit_status = static_cast<int>(error.code);
  if (error.code == ExitCode::interrupted && signals.received() != 0) {
    exit_status = 128 + signals.received();
    if (error.hint.empty()) {
      error.hint = command.after_stop;
    }
  }
  return report(std::move(error), *format, exit_status);
}

}  // namespace

}  // namespace kubeferry::cli

int main(int argc, char** argv) {
  using namespace kubeferry;
  using namespace kubeferry::cli;
  try {
    if (const auto status = rehearsal::run_by_name(std::span(argv, static_cast<std::size_t>(argc)))) {
      return *status;
    }
    occupy_standard_descriptors();
    ignore_broken_pipes();
    const SignalWatch signals;
    return run_program(argc, argv, signals);
  } catch (const std::exception& thrown) {
    std::fprintf(stderr, "kubeferry: unexpected: %s\n", thrown.what());
    return static_cast<int>(ExitCode::bug);
  }
}

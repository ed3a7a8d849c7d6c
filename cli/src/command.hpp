// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include <kubeferry/base/console.hpp>
#include <kubeferry/base/progress.hpp>
#include <kubeferry/base/result.hpp>

namespace CLI {
class App;
}  // namespace CLI

namespace kubeferry::cli {

/// The most that `--jobs` takes: more threads than this only get in each other's way. Also keeps a "-1", which the
/// parser would read as a very large number, from meaning anything.
inline constexpr std::size_t k_most_jobs = 256;

/// How a command's answer is written to standard output.
enum class Format { text, json };

/// What the global options and the process gave: passed to the command that was chosen.
struct Context {
  Console console;
  std::stop_token stop;  ///< requested by SIGINT and SIGTERM
  ProgressMode progress = ProgressMode::automatic;
  Format format = Format::text;
  std::vector<std::string> arguments;  ///< all that this process got, without the program's name
};

/// The body of a subcommand. Its options are parsed already and live in what it captures.
using Run = std::function<Status(const Context&)>;

/// The subcommands that were added, and which one the user chose.
class Commands {
public:
  struct Entry {
    CLI::App* app = nullptr;
    Run run;
    std::string after_stop;  ///< the line for somebody who pressed Ctrl-C
  };

  /// Says what `app` does. `after_stop` tells how things stand when it was stopped by a signal, and how to go on.
  void on(CLI::App* app, Run run, std::string after_stop = "nothing was left behind; run the command again");

  /// Adds `--output text|json`; it arrives in Context::format. Only for commands that answer on standard output.
  void add_format(CLI::App* app);

  /// The chosen subcommand after parsing; null pointer when there is none.
  [[nodiscard]] const Entry* chosen() const;
  /// The format asked for; usage error for a name that is none.
  [[nodiscard]] Result<Format> format() const;

private:
  std::vector<Entry> entries_;
  std::string format_ = "text";
};

// One for each file in this folder; main.cpp lists them in the order that --help shows.
void add_build(CLI::App& app, Commands& commands);
void add_completion(CLI::App& app, Commands& commands);
void add_diff(CLI::App& app, Commands& commands);
void add_doctor(CLI::App& app, Commands& commands);
void add_extract(CLI::App& app, Commands& commands);
void add_images(CLI::App& app, Commands& commands);
void add_init(CLI::App& app, Commands& commands);
void add_inspect(CLI::App& app, Commands& commands);
void add_join(CLI::App& app, Commands& commands);
void add_join_pack(CLI::App& app, Commands& commands);
void add_key(CLI::App& app, Commands& commands);
void add_keyset(CLI::App& app, Commands& commands);
void add_lock(CLI::App& app, Commands& commands);
void add_man(CLI::App& app, Commands& commands);
void add_mirror(CLI::App& app, Commands& commands);
void add_packages(CLI::App& app, Commands& commands);
void add_preflight(CLI::App& app, Commands& commands);
void add_reset(CLI::App& app, Commands& commands);
void add_serve(CLI::App& app, Commands& commands);
void add_sign(CLI::App& app, Commands& commands);
void add_spec(CLI::App& app, Commands& commands);
void add_status(CLI::App& app, Commands& commands);
void add_stick(CLI::App& app, Commands& commands);
void add_token(CLI::App& app, Commands& commands);
void add_verify(CLI::App& app, Commands& commands);
void add_version(CLI::App& app, Commands& commands);

}  // namespace kubeferry::cli

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/host/host.hpp>

// Unit files as systemd.unit(5), systemd.service(5) and systemd.syntax(7) have them, as far as services need it.
namespace kubeferry::rehearsal {

/// What a unit's file and its drop-ins say together.
class UnitSettings {
public:
  /// Lays another file over what is there: lists grow, an empty value takes back what was before. Lines that are none
  /// are passed over, as systemd does.
  void add(std::string_view text);

  /// All values of "Section.Key", in order.
  [[nodiscard]] std::vector<std::string> values(std::string_view key) const;
  /// The last one.
  [[nodiscard]] std::string value(std::string_view key, std::string_view otherwise = "") const;
  [[nodiscard]] bool is_true(std::string_view key) const;
  /// A time span; `otherwise` when unset or none.
  [[nodiscard]] std::chrono::milliseconds span(std::string_view key, std::chrono::milliseconds otherwise) const;

private:
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
};

struct UnitFile {
  std::string name;                   ///< "kubelet.service"
  std::string path;                   ///< of its file, on the host
  std::vector<std::string> drop_ins;  ///< in the order in which they count
  bool masked = false;
  UnitSettings settings;
};

/// "kubelet" → "kubelet.service".
[[nodiscard]] std::string unit_name(std::string_view word);

/// Reads a unit from the folders where systemd looks, the first of them that has it. Nothing when there is none.
[[nodiscard]] std::optional<UnitFile> load_unit(const host::Host& host, const std::string& name);

/// "5", "500ms", "1min 30s", "infinity" (ten years); nothing for other texts.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_span(std::string_view text);

using Environment = std::map<std::string, std::string, std::less<>>;

/// The words of a command line: quotes and backslashes taken off, %n, %N, %p, %t, %S, %d and %% replaced, ${NAME}
/// within a word and $NAME as a whole word (by as many words as it holds) by the environment's. Unknown variables are
/// empty.
[[nodiscard]] std::vector<std::string> command_words(std::string_view line, std::string_view unit,
                                                     const Environment& environment);
/// The words of Environment= and its like: quotes and specifiers, no variables.
[[nodiscard]] std::vector<std::string> plain_words(std::string_view line, std::string_view unit);

/// The lines "NAME=VALUE" of an EnvironmentFile=, over what `environment` has.
void add_environment_file(std::string_view text, Environment& environment);

}  // namespace kubeferry::rehearsal

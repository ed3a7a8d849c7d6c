// SPDX-License-Identifier: Apache-2.0
#include "journal_line.hpp"

#include "crc32c.hpp"

namespace kubeferry::steps {

namespace {

std::string ending_for(std::string_view text) { return fmt::format(R"(,"crc32c":"{:08x}"}})", crc32c(text)); }

}  // namespace

std::string to_line(const Json& record) {
  std::string line = to_text(record);
  line.pop_back();
  line += ending_for(line);
  line += '\n';
  return line;
}

Result<Json> from_line(std::string_view line) {
  const std::size_t ending = ending_for("").size();
  if (line.size() < ending) {
    return fail(ExitCode::format, "too short");
  }
  if (line.substr(line.size() - ending) != ending_for(line.substr(0, line.size() - ending))) {
    return fail(ExitCode::format, "its checksum does not match");
  }
  return parse_json(line, "record");
}

}  // namespace kubeferry::steps

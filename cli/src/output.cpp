// SPDX-License-Identifier: Apache-2.0
#include "output.hpp"

#include <unistd.h>

#include <kubeferry/base/fd.hpp>
#include <kubeferry/base/text.hpp>

namespace kubeferry::cli {

Status print(std::string_view text) {
  Status status = write_all(STDOUT_FILENO, as_byte_view(text), "standard output");
  if (!status) {
    // A full /dev/full or a closed pipe is no reason to look for space on a disk.
    status.error().code = ExitCode::io;
    status.error().hint = "the command itself has done its work; only its answer had nowhere to go";
  }
  return status;
}

Status print_json(const Json& json) { return print(to_text(json, JsonStyle::indented)); }

std::string error_document(const Error& error, int exit_status) {
  Json detail = Json::object();
  for (const auto& [key, value] : error.detail) {
    detail.set(key, printable(value));
  }
  Json body;
  body.set("code", exit_status);
  body.set("name", exit_code_name(error.code));
  body.set("message", printable(error.message));
  body.set("hint", printable(error.hint));
  body.set("detail", std::move(detail));
  Json out;
  out.set("error", std::move(body));
  return to_text(out) + "\n";
}

}  // namespace kubeferry::cli

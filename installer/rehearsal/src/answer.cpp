// SPDX-License-Identifier: Apache-2.0
#include "answer.hpp"

#include <kubeferry/base/atomic_file.hpp>
#include <kubeferry/base/fd.hpp>
#include <kubeferry/rehearsal/inside.hpp>

#include "mounting.hpp"
#include "plan.hpp"

namespace kubeferry::rehearsal {

Json answer_json(const Result<Json>& answer) {
  Json out;
  if (answer) {
    return out.set("answer", *answer);
  }
  const Error& error = answer.error();
  // A list, because a key may be there more than once.
  Json detail = Json::array();
  for (const auto& [key, value] : error.detail) {
    Json pair;
    detail.push(std::move(pair.set("key", key).set("value", value)));
  }
  Json told;
  told.set("code", static_cast<int>(error.code)).set("message", error.message).set("hint", error.hint);
  return out.set("error", std::move(told.set("detail", std::move(detail))));
}

Result<Json> answer_of(std::string_view text) {
  KF_TRY_ASSIGN(const Json json, parse_json(text, "the rehearsal's answer"));
  const JsonView view(json, "answer");
  const auto told = view.optional_member("error");
  if (!told) {
    KF_TRY_ASSIGN(const JsonView answer, view.member("answer"));
    return answer.value();
  }
  Error error;
  KF_TRY_ASSIGN(const std::uint64_t code, told->unsigned_integer("code"));
  error.code = static_cast<ExitCode>(code);
  KF_TRY_ASSIGN(error.message, told->string("message"));
  KF_TRY_ASSIGN(error.hint, told->string("hint"));
  KF_TRY_ASSIGN(const auto detail, told->elements("detail"));
  for (const JsonView& pair : detail) {
    KF_TRY_ASSIGN(std::string key, pair.string("key"));
    KF_TRY_ASSIGN(std::string value, pair.string("value"));
    error.detail.emplace_back(std::move(key), std::move(value));
  }
  return Failure(std::move(error));
}

bool is_rehearsal() {
  const auto marker = read_file(k_marker, 4096);
  const auto own = read_file(fmt::format("{}/marker", k_inside), 4096);
  return marker && own && !marker->empty() && *marker == *own;
}

Status leave_answer(const Result<Json>& answer) {
  if (!is_rehearsal()) {
    return fail(ExitCode::bug, "this is no rehearsal");
  }
  return make_file(std::string(k_answer), to_text(answer_json(answer)), 0600);
}

}  // namespace kubeferry::rehearsal

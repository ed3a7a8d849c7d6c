// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <tl/expected.hpp>

#include <kubeferry/base/exit_code.hpp>

namespace kubeferry {

/// A failure as the user will read it.
///
/// `message` is one line: what went wrong and where. `hint` is what to do next, empty when there is nothing better
/// to say than the message. `detail` holds machine-readable pairs ("blob", "chunk", "offset", …) for `--output json`.
struct Error {
  ExitCode code = ExitCode::bug;
  std::string message;
  std::string hint;
  std::vector<std::pair<std::string, std::string>> detail;

  /// Puts "what: " in front of the message, as the error rises through a caller that knows more.
  Error&& prefixed(std::string_view what) && {
    message.insert(0, fmt::format("{}: ", what));
    return std::move(*this);
  }
  Error&& with_hint(std::string text) && {
    hint = std::move(text);
    return std::move(*this);
  }
  Error&& with_detail(std::string key, std::string value) && {
    detail.emplace_back(std::move(key), std::move(value));
    return std::move(*this);
  }
};

/// The one error channel: a value, or an Error. Never throws across a room's border.
template <class T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
  using Base = tl::expected<T, Error>;

public:
  using Base::Base;
  Result(Base&& other) : Base(std::move(other)) {}  // NOLINT(google-explicit-constructor): it is the same thing
  Result(const Base& other) : Base(other) {}        // NOLINT(google-explicit-constructor)
};

using Status = Result<void>;

/// An Error in the shape that converts to any Result.
using Failure = tl::unexpected<Error>;

/// Makes a Failure from a code and a format string.
template <class... Args>
[[nodiscard]] Failure fail(ExitCode code, fmt::format_string<Args...> format, Args&&... args) {
  return Failure(Error{code, fmt::format(format, std::forward<Args>(args)...), {}, {}});
}

/// Makes an io (or no_space, for ENOSPC and EDQUOT) Failure "what: strerror(error_number)".
[[nodiscard]] Failure fail_errno(int error_number, std::string_view what);

/// The Error of a failed Result, ready to be returned from a function with another value type.
template <class T>
[[nodiscard]] Failure propagate(Result<T>&& result) {
  return Failure(std::move(result).error());
}

}  // namespace kubeferry

#define KF_CONCAT_INNER(a, b) a##b
#define KF_CONCAT(a, b) KF_CONCAT_INNER(a, b)

/// Returns from the calling function when `expression` (a Result or Status) holds an error; drops the value.
#define KF_TRY(expression) KF_TRY_INNER(KF_CONCAT(kf_try_, __COUNTER__), expression)
// The counter keeps the names apart when an expression holds a lambda that itself tries things.
#define KF_TRY_INNER(temporary, expression)                       \
  do {                                                            \
    if (auto temporary = (expression); !temporary) [[unlikely]] { \
      return ::kubeferry::Failure(std::move(temporary).error());  \
    }                                                             \
  } while (false)

/// `KF_TRY_ASSIGN(auto x, f());`: x is the value of f(), or the calling function returns its error.
#define KF_TRY_ASSIGN(declaration, expression) \
  KF_TRY_ASSIGN_INNER(KF_CONCAT(kf_try_, __COUNTER__), declaration, expression)
#define KF_TRY_ASSIGN_INNER(temporary, declaration, expression) \
  auto temporary = (expression);                                \
  if (!temporary) [[unlikely]] {                                \
    return ::kubeferry::Failure(std::move(temporary).error());  \
  }                                                             \
  declaration = std::move(*temporary)

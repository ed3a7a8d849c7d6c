// SPDX-License-Identifier: Apache-2.0
#include <limits>

#include <nlohmann/json.hpp>

#include <kubeferry/base/json.hpp>

namespace kubeferry {

namespace {

/// Builds the value while the library's SAX parser reads; refuses what I-JSON does not allow.
class Builder {
public:
  using number_integer_t = nlohmann::json::number_integer_t;
  using number_unsigned_t = nlohmann::json::number_unsigned_t;
  using number_float_t = nlohmann::json::number_float_t;
  using string_t = nlohmann::json::string_t;
  using binary_t = nlohmann::json::binary_t;

  Builder(std::uint32_t depth, Floats floats) : depth_(depth), floats_(floats) {}

  // The names from here on are the library's SAX interface.
  bool null() { return add(Json()); }
  bool boolean(bool value) { return add(Json(value)); }
  bool number_integer(number_integer_t value) {
    return (value >= -k_largest_json_integer && value <= k_largest_json_integer) ? add(Json(value))
                                                                                 : number_too_large();
  }
  bool number_unsigned(number_unsigned_t value) {
    return value <= static_cast<number_unsigned_t>(k_largest_json_integer) ? add(Json(value)) : number_too_large();
  }
  bool number_float(number_float_t, const string_t& text) {
    // A huge integer arrives here as well; it has no '.', 'e' or 'E'.
    if (floats_ == Floats::become_null) {
      return add(Json());
    }
    return stop(ExitCode::format,
                text.find_first_of(".eE") == string_t::npos ? "a number beyond 2^53" : "a number that is no integer");
  }
  bool string(string_t& value) { return add(Json(std::move(value))); }
  bool binary(binary_t&) { return stop(ExitCode::format, "binary"); }
  bool start_object(std::size_t) { return open(Json::object()); }
  bool key(string_t& value) {
    if (const auto* object = stack_.back().as_object(); object != nullptr && object->size() >= k_most_members) {
      return stop(ExitCode::limit, fmt::format("more than {} members in one object", k_most_members));
    }
    if (stack_.back().find(value) != nullptr) {
      return stop(ExitCode::format, fmt::format("the key \"{}\" twice in one object", value));
    }
    keys_.back() = std::move(value);
    return true;
  }
  bool end_object() { return close(); }
  bool start_array(std::size_t) { return open(Json::array()); }
  bool end_array() { return close(); }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception&) {
    if (problem_.empty()) {
      stop(ExitCode::format, fmt::format("malformed JSON at byte {}", position));
    }
    return false;
  }

  [[nodiscard]] ExitCode code() const { return code_; }
  [[nodiscard]] const std::string& problem() const { return problem_; }
  [[nodiscard]] Json take() { return std::move(root_); }

private:
  // Objects are vectors: looking a key up is linear. Past this many members a set would be needed; no document of ours
  // or of a registry has them, so it is a limit instead.
  static constexpr std::size_t k_most_members = 4096;

  bool number_too_large() {
    return floats_ == Floats::become_null ? add(Json()) : stop(ExitCode::format, "a number beyond 2^53");
  }
  bool stop(ExitCode code, std::string problem) {
    code_ = code;
    problem_ = std::move(problem);
    return false;
  }
  bool open(Json container) {
    if (stack_.size() >= depth_) {
      return stop(ExitCode::limit, fmt::format("nested deeper than {}", depth_));
    }
    stack_.push_back(std::move(container));
    keys_.emplace_back();
    return true;
  }
  bool close() {
    Json done = std::move(stack_.back());
    stack_.pop_back();
    keys_.pop_back();
    return add(std::move(done));
  }
  bool add(Json value) {
    if (stack_.empty()) {
      root_ = std::move(value);
    } else if (stack_.back().as_object() != nullptr) {
      stack_.back().set(std::move(keys_.back()), std::move(value));
    } else {
      stack_.back().push(std::move(value));
    }
    return true;
  }

  std::uint32_t depth_;
  Floats floats_;
  std::vector<Json> stack_;
  std::vector<std::string> keys_;
  Json root_;
  ExitCode code_ = ExitCode::format;
  std::string problem_;
};

}  // namespace

Result<Json> parse_json(std::string_view text, std::string_view what, JsonLimits limits, Floats floats) {
  if (text.size() > limits.bytes) {
    return fail(ExitCode::limit, "{}: {} bytes, more than the {} allowed", what, text.size(), limits.bytes);
  }
  // The library would skip a byte order mark silently; I-JSON has none.
  if (text.starts_with("\xef\xbb\xbf")) {
    return fail(ExitCode::format, "{}: starts with a byte order mark", what);
  }
  Builder builder(limits.depth, floats);
  bool parsed = false;
  try {
    parsed = nlohmann::json::sax_parse(text.begin(), text.end(), &builder);
  } catch (const std::exception& thrown) {
    return fail(ExitCode::format, "{}: {}", what, thrown.what());
  }
  if (!parsed) {
    return fail(builder.code(), "{}: {}", what,
                builder.problem().empty() ? std::string("malformed JSON") : builder.problem());
  }
  return builder.take();
}

}  // namespace kubeferry

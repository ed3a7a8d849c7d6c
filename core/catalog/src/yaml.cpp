// SPDX-License-Identifier: Apache-2.0
#include "yaml.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <istream>
#include <set>
#include <streambuf>
#include <tuple>

#include <kubeferry/base/text.hpp>

namespace kubeferry::catalog {

namespace {

/// Leaves the parser from inside one of its callbacks; caught in parse_yaml.
struct Refused {
  Error error;
};

/// yaml-cpp wants a stream; this one does not copy the text.
class ViewBuffer final : public std::streambuf {
public:
  explicit ViewBuffer(std::string_view text) {
    char* begin = const_cast<char*>(text.data());  // NOLINT: setg takes char*, and nothing writes through it
    setg(begin, begin, begin + text.size());
  }
};

/// Builds the tree from events rather than with YAML::Node: a Node keeps the first of two equal keys and swallows
/// aliases, events show both.
class Builder final : public YAML::EventHandler {
public:
  Builder(std::string_view what, const YamlLimits& limits, ExitCode code) : what_(what), limits_(limits), code_(code) {}

  [[nodiscard]] std::vector<YamlNode> take() { return std::move(documents_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { add(node(mark, anchor, YamlNode::Kind::null)); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { refuse(mark, "aliases (*name) are not accepted"); }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    if (tag != "?" && tag != "!") {  // what yaml-cpp reports for plain and quoted scalars without a tag
      refuse(mark, "tags (!name) are not accepted");
    }
    YamlNode scalar = node(mark, anchor, YamlNode::Kind::scalar);
    scalar.plain = tag == "?";
    scalar.text = value;
    add(std::move(scalar));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, YamlNode::Kind::sequence);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, YamlNode::Kind::mapping);
  }
  void OnMapEnd() override { close(); }

private:
  struct Level {
    YamlNode node;
    std::set<std::string, std::less<>> seen;
  };

  [[noreturn]] void refuse(const YAML::Mark& mark, std::string_view problem, ExitCode code) const {
    throw Refused{Error{code, fmt::format("{}:{}:{}: {}", what_, mark.line + 1, mark.column + 1, problem), {}, {}}};
  }
  [[noreturn]] void refuse(const YAML::Mark& mark, std::string_view problem) const { refuse(mark, problem, code_); }

  YamlNode node(const YAML::Mark& mark, YAML::anchor_t anchor, YamlNode::Kind kind) {
    if (anchor != YAML::NullAnchor) {
      refuse(mark, "anchors (&name) are not accepted");
    }
    if (++nodes_ > limits_.nodes) {
      refuse(mark, fmt::format("more than {} values", limits_.nodes), ExitCode::limit);
    }
    YamlNode made;
    made.kind = kind;
    made.offset = static_cast<std::uint64_t>(std::max(mark.pos, 0));
    made.line = static_cast<std::uint64_t>(std::max(mark.line, 0)) + 1;
    made.column = static_cast<std::uint64_t>(std::max(mark.column, 0)) + 1;
    return made;
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YamlNode::Kind kind) {
    if (!tag.empty() && tag != "?") {
      refuse(mark, "tags (!name) are not accepted");
    }
    if (levels_.size() >= limits_.depth) {
      refuse(mark, fmt::format("nested more than {} levels deep", limits_.depth), ExitCode::limit);
    }
    levels_.push_back(Level{node(mark, anchor, kind), {}});
  }

  void close() {
    YamlNode closed = std::move(levels_.back().node);
    levels_.pop_back();
    add(std::move(closed));
  }

  void add(YamlNode child) {
    if (levels_.empty()) {
      documents_.push_back(std::move(child));
      return;
    }
    Level& level = levels_.back();
    if (level.node.kind == YamlNode::Kind::mapping && level.node.keys.size() == level.node.items.size()) {
      add_key(level, std::move(child));
    } else {
      if (child.kind == YamlNode::Kind::null && level.node.kind == YamlNode::Kind::mapping) {
        // Nothing is nowhere: yaml-cpp reports the next token, which may be lines below.
        const YamlNode& key = level.node.keys.back();
        std::tie(child.offset, child.line, child.column) = std::tie(key.offset, key.line, key.column);
      }
      level.node.items.push_back(std::move(child));
    }
  }

  void add_key(Level& level, YamlNode key) {
    YAML::Mark mark;
    mark.line = static_cast<int>(key.line) - 1;
    mark.column = static_cast<int>(key.column) - 1;
    if (key.kind != YamlNode::Kind::scalar) {
      refuse(mark, "a key must be plain text");
    }
    if (!level.seen.insert(key.text).second) {
      refuse(mark, fmt::format("duplicate key \"{}\"", key.text));
    }
    level.node.keys.push_back(std::move(key));
  }

  std::string_view what_;
  YamlLimits limits_;
  ExitCode code_;
  std::uint32_t nodes_ = 0;
  std::vector<Level> levels_;
  std::vector<YamlNode> documents_;
};

// yaml-cpp reads a flow collection ([…], {…}) to its end before it reports its beginning, and keeps some 250 bytes for
// each bracket and comma on the way: 8 MiB of "[" took 2 GB. Real manifests have a hundredth of these.
constexpr std::uint64_t k_max_brackets = 65'536;
constexpr std::uint64_t k_max_commas = 262'144;

/// What no YAML text of ours may hold, found before the parser sees it; yaml-cpp stops silently at some of it.
Status check_characters(std::string_view text, std::string_view what, ExitCode code) {
  if (text.starts_with("\xef\xbb\xbf") || text.starts_with("\xfe\xff") || text.starts_with("\xff\xfe")) {
    return fail(code, "{}:1:1: starts with a byte order mark", what);
  }
  std::uint64_t line = 1;
  std::uint64_t column = 0;
  std::uint64_t brackets = 0;
  std::uint64_t commas = 0;
  for (const char c : text) {
    ++column;
    brackets += c == '[' || c == '{' ? 1 : 0;
    commas += c == ',' ? 1 : 0;
    if (brackets > k_max_brackets || commas > k_max_commas) {
      return fail(ExitCode::limit, "{}:{}:{}: more than {} brackets or {} commas", what, line, column, k_max_brackets,
                  k_max_commas);
    }
    if (c == '\n') {
      ++line;
      column = 0;
    } else if ((static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\r') || c == 0x7f) {
      return fail(code, "{}:{}:{}: control character {}", what, line, column, printable({&c, 1}));
    }
  }
  return {};
}

}  // namespace

const YamlNode* YamlNode::find(std::string_view key) const {
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (keys[i].text == key) {
      return &items[i];
    }
  }
  return nullptr;
}

Result<std::vector<YamlNode>> parse_yaml(std::string_view text, std::string_view what, const YamlLimits& limits,
                                         ExitCode code) {
  if (text.size() > limits.bytes) {
    return fail(ExitCode::limit, "{}: {} are more than the {} allowed", what, human_bytes(text.size()),
                human_bytes(limits.bytes));
  }
  KF_TRY(check_characters(text, what, code));
  try {
    ViewBuffer buffer(text);
    std::istream stream(&buffer);
    YAML::Parser parser(stream);
    Builder builder(what, limits, code);
    while (parser.HandleNextDocument(builder)) {
    }
    return builder.take();
  } catch (const Refused& refused) {
    return Failure(refused.error);
  } catch (const YAML::Exception& e) {
    return fail(code, "{}:{}:{}: {}", what, e.mark.line + 1, e.mark.column + 1, e.msg);
  } catch (const std::exception& e) {
    return fail(code, "{}: {}", what, e.what());
  }
}

bool reads_as_other_type(std::string_view plain) {
  constexpr std::array<std::string_view, 14> words = {"~",   "null", "true", "false", "yes",  "no",    "on",
                                                      "off", "y",    "n",    ".nan",  ".inf", "+.inf", "-.inf"};
  const std::string word = lower(plain);
  if (word.empty() || std::ranges::find(words, word) != words.end()) {
    return true;
  }
  std::string_view digits = word;
  if (digits.front() == '+' || digits.front() == '-') {
    digits.remove_prefix(1);
  }
  if (digits.starts_with("0x") || digits.starts_with("0o") || digits.starts_with("0b")) {
    return digits.size() > 2 && digits.find_first_not_of("0123456789abcdef_", 2) == std::string_view::npos;
  }
  // Numbers of YAML 1.1: 12, 1_000, 1.30, 1e5, 190:20:30. More than one dot makes it text for every reader.
  return !digits.empty() && digits.find_first_of("0123456789") != std::string_view::npos &&
         digits.find_first_not_of("0123456789._e+-:") == std::string_view::npos && digits.front() != 'e' &&
         digits.find('.') == digits.rfind('.') && digits.find_first_of("+-") == digits.find_last_of("+-") &&
         (digits.find_first_of("+-") == std::string_view::npos || digits.find('e') != std::string_view::npos);
}

}  // namespace kubeferry::catalog

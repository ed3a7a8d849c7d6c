// SPDX-License-Identifier: Apache-2.0
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <sstream>

#include <kubeferry/base/text.hpp>

#include "yaml_node.hpp"

namespace kubeferry::kubeadm {
namespace {

constexpr std::size_t k_max_bytes = std::size_t{1} << 20;
constexpr std::size_t k_max_levels = 64;
constexpr std::size_t k_max_nodes = 20'000;
constexpr std::size_t k_max_key = 512;  // YAML's own limit for a key on one line is 1024, escapes included
// yaml-cpp keeps some 250 bytes for each bracket of a flow collection until it is closed.
constexpr std::int64_t k_max_brackets = 65'536;

/// Leaves the parser from inside one of its callbacks; caught in parse_yaml.
struct Refused {
  Error error;
};

std::size_t count_nodes(const YamlNode& node) {
  std::size_t count = 1 + node.keys.size();
  for (const YamlNode& item : node.items) {
    count += count_nodes(item);
  }
  return count;
}

/// Builds trees from events: a YAML::Node keeps the first of two equal keys.
class Builder final : public YAML::EventHandler {
public:
  explicit Builder(std::string_view what) : what_(what) {}

  [[nodiscard]] std::vector<YamlNode> take() { return std::move(documents_); }

  void OnDocumentStart(const YAML::Mark&) override { anchors_.clear(); }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { add(node(mark, YamlNode::Kind::null), anchor); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
      refuse(mark, "an alias inside what it stands for");
    }
    YamlNode copy = found->second;
    count(mark, count_nodes(copy));
    add(std::move(copy), YAML::NullAnchor);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    YamlNode scalar = node(mark, YamlNode::Kind::scalar);
    scalar.text = value;
    scalar.plain = is_plain(mark, tag);
    add(std::move(scalar), anchor);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, "tag:yaml.org,2002:seq", anchor, YamlNode::Kind::sequence);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, "tag:yaml.org,2002:map", anchor, YamlNode::Kind::mapping);
  }
  void OnMapEnd() override { close(); }

private:
  struct Level {
    YamlNode node;
    YAML::anchor_t anchor;
  };

  [[noreturn]] void refuse(std::uint64_t line, std::uint64_t column, std::string_view problem,
                           ExitCode code = ExitCode::usage) const {
    throw Refused{Error{code, fmt::format("{}:{}:{}: {}", what_, line, column, problem), {}, {}}};
  }
  [[noreturn]] void refuse(const YAML::Mark& mark, std::string_view problem, ExitCode code = ExitCode::usage) const {
    const YamlNode place = at(mark);
    refuse(place.line, place.column, problem, code);
  }

  static YamlNode at(const YAML::Mark& mark) {
    YamlNode made;
    made.line = static_cast<std::uint64_t>(std::max(mark.line, 0)) + 1;
    made.column = static_cast<std::uint64_t>(std::max(mark.column, 0)) + 1;
    return made;
  }

  void count(const YAML::Mark& mark, std::size_t more) {
    nodes_ += more;
    if (nodes_ > k_max_nodes) {
      refuse(mark, fmt::format("more than {} values", k_max_nodes), ExitCode::limit);
    }
  }

  YamlNode node(const YAML::Mark& mark, YamlNode::Kind kind) {
    count(mark, 1);
    YamlNode made = at(mark);
    made.kind = kind;
    return made;
  }

  /// What yaml-cpp reports for plain scalars is "?", for quoted ones "!".
  bool is_plain(const YAML::Mark& mark, const std::string& tag) const {
    if (tag == "?" || tag == "tag:yaml.org,2002:int" || tag == "tag:yaml.org,2002:float" ||
        tag == "tag:yaml.org,2002:bool" || tag == "tag:yaml.org,2002:null") {
      return true;
    }
    if (tag != "!" && tag != "tag:yaml.org,2002:str") {
      refuse(mark, fmt::format("the tag {} is not known", printable(tag)));
    }
    return false;
  }

  void open(const YAML::Mark& mark, const std::string& tag, std::string_view own, YAML::anchor_t anchor,
            YamlNode::Kind kind) {
    if (!tag.empty() && tag != "?" && tag != "!" && tag != own) {
      refuse(mark, fmt::format("the tag {} is not known", printable(tag)));
    }
    if (levels_.size() >= k_max_levels) {
      refuse(mark, fmt::format("nested more than {} levels deep", k_max_levels), ExitCode::limit);
    }
    levels_.push_back(Level{node(mark, kind), anchor});
  }

  void close() {
    Level closed = std::move(levels_.back());
    levels_.pop_back();
    merge(closed.node);
    add(std::move(closed.node), closed.anchor);
  }

  /// YAML 1.1's merge key: what "<<" names is added, where the mapping itself has no such key.
  void merge(YamlNode& mapping) const {
    for (std::size_t i = 0; i < mapping.keys.size(); ++i) {
      if (mapping.keys[i].plain && mapping.keys[i].text == "<<") {
        YamlNode sources = std::move(mapping.items[i]);
        mapping.keys.erase(mapping.keys.begin() + static_cast<std::ptrdiff_t>(i));
        mapping.items.erase(mapping.items.begin() + static_cast<std::ptrdiff_t>(i));
        if (!sources.is_sequence()) {
          merge_one(mapping, std::move(sources));
          return;
        }
        for (YamlNode& source : sources.items) {
          merge_one(mapping, std::move(source));
        }
        return;
      }
    }
  }

  void merge_one(YamlNode& mapping, YamlNode source) const {
    if (!source.is_mapping()) {
      refuse(source.line, source.column, "<< must name a mapping or a list of mappings");
    }
    for (std::size_t i = 0; i < source.keys.size(); ++i) {
      if (mapping.find(source.keys[i].text) == nullptr) {
        mapping.keys.push_back(std::move(source.keys[i]));
        mapping.items.push_back(std::move(source.items[i]));
      }
    }
  }

  void add(YamlNode child, YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor) {
      anchors_[anchor] = child;
      nodes_ += count_nodes(child);
    }
    if (levels_.empty()) {
      if (child.kind != YamlNode::Kind::null) {
        documents_.push_back(std::move(child));
      }
      return;
    }
    YamlNode& parent = levels_.back().node;
    if (parent.is_mapping() && parent.keys.size() == parent.items.size()) {
      add_key(parent, std::move(child));
      return;
    }
    if (parent.is_mapping() && child.kind == YamlNode::Kind::null) {
      // Nothing is nowhere: yaml-cpp reports the next token, which may be lines below.
      child.line = parent.keys.back().line;
      child.column = parent.keys.back().column;
    }
    parent.items.push_back(std::move(child));
  }

  void add_key(YamlNode& parent, YamlNode key) {
    if (!key.is_scalar() || key.text.size() > k_max_key) {
      refuse(key.line, key.column, "a key must be short text");
    }
    if (parent.find(key.text) != nullptr) {
      refuse(key.line, key.column, fmt::format("duplicate key \"{}\"", printable(key.text)));
    }
    parent.keys.push_back(std::move(key));
  }

  std::string_view what_;
  std::size_t nodes_ = 0;
  std::map<YAML::anchor_t, YamlNode> anchors_;
  std::vector<Level> levels_;
  std::vector<YamlNode> documents_;
};

/// What yaml-cpp stops at silently, or takes too much memory for.
Status check_characters(std::string_view text, std::string_view what) {
  if (text.size() > k_max_bytes ||
      std::ranges::count_if(text, [](char c) { return c == '[' || c == '{'; }) > k_max_brackets) {
    return fail(ExitCode::limit, "{}: larger than any configuration of kubeadm ({} bytes)", what, k_max_bytes);
  }
  std::uint64_t line = 1;
  for (const char c : text) {
    line += c == '\n' ? 1 : 0;
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\r' && c != '\n') || c == 0x7f) {
      return fail(ExitCode::usage, "{}:{}: control character {}", what, line, printable({&c, 1}));
    }
  }
  return {};
}

}  // namespace

Result<std::vector<YamlNode>> parse_yaml(std::string_view text, std::string_view what) {
  KF_TRY(check_characters(text, what));
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    Builder builder(what);
    while (parser.HandleNextDocument(builder)) {
    }
    return builder.take();
  } catch (const Refused& refused) {
    return Failure(refused.error);
  } catch (const YAML::Exception& e) {
    return fail(ExitCode::usage, "{}:{}:{}: {}", what, e.mark.line + 1, e.mark.column + 1, printable(e.msg));
  } catch (const std::exception& e) {
    return fail(ExitCode::usage, "{}: {}", what, printable(e.what()));
  }
}

}  // namespace kubeferry::kubeadm

// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cctype>

#include <kubeferry/base/text.hpp>

#include "yaml_node.hpp"

namespace kubeferry::kubeadm {
namespace {

constexpr std::array<std::string_view, 3> k_secret_keys = {"token", "tlsBootstrapToken", "certificateKey"};

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// Text that means the same without quotes as it did in its own place, whatever stands around it. Whatever YAML 1.1
/// takes for something else than text (numbers, dates, booleans, null) is made of these characters only, so quoting the
/// rest changes nothing.
bool fits_plain(std::string_view text) {
  if (text.empty() || text == "-" || text == "---" || text == "..." || text.back() == ':' || text.front() == ':') {
    return false;
  }
  return std::ranges::all_of(text, [](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || std::string_view("-_./+~:").find(c) != std::string_view::npos;
  });
}

/// Text that no YAML reader takes for anything else, though it has no quotes.
bool reads_as_text(std::string_view text) {
  constexpr std::array<std::string_view, 9> words = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"};
  return fits_plain(text) && (is_letter(text.front()) || text.front() == '/') &&
         std::ranges::find(words, lower(text)) == words.end();
}

/// In double quotes, with escapes for whatever is a line break or not printable to some YAML reader.
std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const auto byte = static_cast<unsigned char>(c);
    const std::string_view three = text.substr(i, 3);
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (c == '\n' || c == '\t' || c == '\r') {
      out += c == '\n' ? "\\n" : c == '\t' ? "\\t" : "\\r";
    } else if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\x{:02x}", byte);
    } else if (byte == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[++i]));
    } else if (three == "\xe2\x80\xa8" || three == "\xe2\x80\xa9" || three == "\xef\xbb\xbf") {
      out += three == "\xe2\x80\xa8" ? "\\L" : three == "\xe2\x80\xa9" ? "\\P" : "\\ufeff";
      i += 2;
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string scalar_text(const YamlNode& node) {
  const bool bare = node.plain ? fits_plain(node.text) : reads_as_text(node.text);
  return bare ? node.text : in_quotes(node.text);
}

class Emitter {
public:
  explicit Emitter(SecretValues secrets) : secrets_(secrets) {}

  void document(const YamlNode& node) { collection(node, 0, false); }
  [[nodiscard]] std::string take() { return std::move(out_); }
  void separator() { out_ += "---\n"; }

private:
  static bool is_block(const YamlNode& node) {
    return (node.is_mapping() || node.is_sequence()) && !node.items.empty();
  }

  /// What fits behind "key:" or "-": one line, or a collection on the lines below.
  void value(const YamlNode& node, std::size_t indent, bool hidden) {
    if (is_block(node)) {
      out_ += '\n';
      collection(node, indent, false);
      return;
    }
    out_ += ' ';
    switch (node.kind) {
      case YamlNode::Kind::null: out_ += "null"; break;
      case YamlNode::Kind::scalar: out_ += hidden ? "(secret)" : scalar_text(node); break;
      case YamlNode::Kind::sequence: out_ += "[]"; break;
      case YamlNode::Kind::mapping: out_ += "{}"; break;
    }
    out_ += '\n';
  }

  /// `inside`: the first line is that of a "- ".
  void collection(const YamlNode& node, std::size_t indent, bool inside) {
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      out_.append(inside && i == 0 ? 0 : indent, ' ');
      if (node.is_mapping()) {
        const std::string& key = node.keys[i].text;
        const bool hidden =
            secrets_ == SecretValues::hidden && std::ranges::find(k_secret_keys, key) != k_secret_keys.end();
        out_ += scalar_text(node.keys[i]) + ":";
        value(node.items[i], indent + 2, hidden && !node.items[i].text.empty());
      } else if (is_block(node.items[i])) {
        out_ += "- ";
        collection(node.items[i], indent + 2, true);
      } else {
        out_ += '-';
        value(node.items[i], indent + 2, false);
      }
    }
  }

  SecretValues secrets_;
  std::string out_;
};

}  // namespace

std::string emit_yaml(std::span<const YamlNode> documents, SecretValues secrets) {
  Emitter emitter(secrets);
  for (std::size_t i = 0; i < documents.size(); ++i) {
    if (i > 0) {
      emitter.separator();
    }
    emitter.document(documents[i]);
  }
  return emitter.take();
}

}  // namespace kubeferry::kubeadm

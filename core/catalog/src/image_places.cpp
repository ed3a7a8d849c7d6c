// SPDX-License-Identifier: Apache-2.0
#include "image_places.hpp"

#include <algorithm>

#include <kubeferry/base/text.hpp>

#include "spec_fields.hpp"

namespace kubeferry::catalog {

namespace {

/// A flag that means an image and does not say so.
constexpr std::string_view k_reloader = "prometheus-config-reloader";

bool is_reference(std::string_view text) {
  return text.find_first_of("/:@") != std::string_view::npos && check_image(text);
}

/// A registry with a dot or a port, a repository, and a tag or digest: what hardly anything but an image looks like.
bool is_complete_reference(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos || text.substr(0, slash).find_first_of(".:") == std::string_view::npos) {
    return false;
  }
  return text.substr(text.rfind('/')).find_first_of(":@") != std::string_view::npos && check_image(text);
}

bool ends_as_image(std::string_view name) {
  const std::string word = lower(name);
  return word == "image" || word.ends_with("_image") || word.ends_with("-image") || word.ends_with(".image") ||
         name.ends_with("Image");
}

bool is_image_variable(std::string_view name) { return ends_as_image(name) || name.starts_with("RELATED_IMAGE_"); }

bool is_image_flag(std::string_view name) { return ends_as_image(name) || name == k_reloader; }

/// The tag of a `baseImage` stands in another field.
bool is_image_field(std::string_view name) { return ends_as_image(name) && name != "baseImage"; }

/// Kinds that a definition brings, and no part of Kubernetes itself: those are in groups without a dot, or below
/// k8s.io.
bool is_custom(const YamlNode& object) {
  const std::string_view api = text_of(object, "apiVersion");
  const std::string_view group = api.substr(0, api.find('/'));
  return api.find('/') != std::string_view::npos && group.find('.') != std::string_view::npos &&
         !group.ends_with(".k8s.io");
}

class Finder {
public:
  explicit Finder(std::string_view what) : what_(what) {}

  [[nodiscard]] ImagePlaces take() { return std::move(found_); }

  Status object(const YamlNode& node) {
    KF_TRY(pods(node));
    if (text_of(node, "kind") == "ConfigMap") {
      config_map(node);
    } else if (is_custom(node)) {
      custom(node, {});
    }
    return {};
  }

private:
  static bool is_text(const YamlNode& node) { return node.kind == YamlNode::Kind::scalar && !node.text.empty(); }

  void add(const YamlNode& node, std::string_view reference, std::string field, ImageIn in) {
    const bool known = std::ranges::any_of(
        found_.images, [&](const ImagePlace& place) { return place.node == &node && place.reference == reference; });
    if (!known) {
      found_.images.push_back({&node, reference, std::move(field), in});
    }
  }

  /// A value that a name says is an image's, or that looks like one although nothing says so.
  void judge(const YamlNode& node, std::string_view value, std::string field, bool named, ImageIn in) {
    if (named && is_reference(value)) {
      add(node, value, std::move(field), in);
    } else if (!named && is_complete_reference(value)) {
      add(node, value, std::move(field), ImageIn::doubtful);
    }
  }

  /// Containers and volumes of Pods, at any depth: workloads, templates, what custom resources have of them.
  Status pods(const YamlNode& node) {
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      const YamlNode& child = node.items[i];
      if (node.kind == YamlNode::Kind::mapping && child.kind == YamlNode::Kind::sequence) {
        const std::string_view key = node.keys[i].text;
        for (const YamlNode& item : child.items) {
          if (key == "containers" || key == "initContainers" || key == "ephemeralContainers") {
            KF_TRY(container(item));
          } else if (key == "volumes") {
            const YamlNode* image = item.find("image");
            const YamlNode* reference = image == nullptr ? nullptr : image->find("reference");
            if (reference != nullptr && is_text(*reference)) {
              judge(*reference, reference->text, "volume image", true, ImageIn::volume);
            }
          }
        }
      }
      KF_TRY(pods(child));
    }
    return {};
  }

  Status container(const YamlNode& node) {
    KF_TRY_ASSIGN(const YamlNode* image, scalar_of(node, "image", what_));
    if (image != nullptr) {
      add(*image, image->text, "image", ImageIn::container);
    }
    KF_TRY_ASSIGN(const YamlNode* policy, scalar_of(node, "imagePullPolicy", what_));
    add_policy(policy);
    if (const YamlNode* env = node.find("env"); env != nullptr) {
      for (const YamlNode& variable : env->items) {
        const YamlNode* value = variable.find("value");
        const std::string_view name = text_of(variable, "name");
        if (value != nullptr && is_text(*value)) {
          judge(*value, value->text, fmt::format("env {}", name), is_image_variable(name), ImageIn::environment);
        }
      }
    }
    for (const std::string_view key : {"command", "args"}) {
      if (const YamlNode* list = node.find(key); list != nullptr && list->kind == YamlNode::Kind::sequence) {
        arguments(*list);
      }
    }
    return {};
  }

  /// --flag=VALUE, or --flag and VALUE after it.
  void arguments(const YamlNode& list) {
    std::string_view pending;
    for (const YamlNode& item : list.items) {
      const std::string_view text = is_text(item) ? std::string_view(item.text) : std::string_view();
      const std::string_view flag = pending;
      pending = {};
      if (!text.starts_with('-')) {
        judge(item, text, flag.empty() ? "argument" : fmt::format("--{}", flag), is_image_flag(flag),
              ImageIn::argument);
        continue;
      }
      const std::string_view name = text.substr(std::min(text.find_first_not_of('-'), text.size()));
      const auto equals = name.find('=');
      if (equals == std::string_view::npos) {
        pending = name;
        continue;
      }
      const std::string_view word = name.substr(0, equals);
      judge(item, name.substr(equals + 1), fmt::format("--{}", word), is_image_flag(word), ImageIn::argument);
    }
  }

  void config_map(const YamlNode& object) {
    const YamlNode* data = object.find("data");
    if (data == nullptr || data->kind != YamlNode::Kind::mapping) {
      return;
    }
    for (std::size_t i = 0; i < data->items.size(); ++i) {
      const YamlNode& value = data->items[i];
      if (!is_text(value)) {
        continue;
      }
      const std::string field = fmt::format("data.{}", data->keys[i].text);
      if (value.text.find('\n') == std::string::npos) {
        judge(value, value.text, field, is_image_variable(data->keys[i].text), ImageIn::config_map);
      } else {
        lines_of(value, field);
      }
    }
  }

  /// A file inside a ConfigMap: only what a line plainly calls an image is looked at, and never believed.
  void lines_of(const YamlNode& value, const std::string& field) {
    for (std::string_view line : split(value.text, '\n')) {
      const auto at = line.find("image:");
      if (at == std::string_view::npos) {
        continue;
      }
      line.remove_prefix(at + std::string_view("image:").size());
      const auto first = line.find_first_not_of(" \t\"'");
      line.remove_prefix(std::min(first, line.size()));
      judge(value, line.substr(0, line.find_first_of(" \t\r\"'#")), field, false, ImageIn::config_map);
    }
  }

  void custom(const YamlNode& node, const std::string& path) {
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      const YamlNode& child = node.items[i];
      if (node.kind != YamlNode::Kind::mapping) {
        custom(child, path);
        continue;
      }
      const std::string& key = node.keys[i].text;
      const std::string below = path.empty() ? key : fmt::format("{}.{}", path, key);
      if (key == "imagePullPolicy" && is_text(child)) {
        add_policy(&child);
      } else if (is_text(child)) {
        judge(child, child.text, below, is_image_field(key), ImageIn::custom_resource);
      } else if (key == "images" && child.kind == YamlNode::Kind::sequence) {
        for (const YamlNode& item : child.items) {
          if (is_text(item)) {
            judge(item, item.text, below, true, ImageIn::custom_resource);
          }
        }
      }
      custom(child, below);
    }
  }

  void add_policy(const YamlNode* policy) {
    if (policy != nullptr && policy->text == "Always" &&
        std::ranges::find(found_.pull_policies, policy) == found_.pull_policies.end()) {
      found_.pull_policies.push_back(policy);
    }
  }

  std::string_view what_;
  ImagePlaces found_;
};

}  // namespace

Result<ImagePlaces> image_places(const std::vector<YamlNode>& documents, std::string_view what) {
  Finder finder(what);
  for (const YamlNode* object : objects_of(documents)) {
    // A definition describes fields; it has no images.
    if (text_of(*object, "kind") != "CustomResourceDefinition") {
      KF_TRY(finder.object(*object));
    }
  }
  ImagePlaces places = finder.take();
  std::ranges::stable_sort(places.images, {}, [](const ImagePlace& place) { return place.node->offset; });
  return places;
}

}  // namespace kubeferry::catalog

// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/runtime/images.hpp>

#include <algorithm>

#include <kubeferry/base/json.hpp>
#include <kubeferry/base/text.hpp>
#include <kubeferry/host/complaint.hpp>

#include "ctr.hpp"

namespace kubeferry::runtime {

namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr JsonLimits k_answer = {.bytes = std::uint64_t{16} << 20, .depth = 64};

std::vector<std::string> crictl(const CriClient& client, std::vector<std::string> arguments) {
  std::vector<std::string> argv = {client.crictl, "--runtime-endpoint", client.endpoint, "--image-endpoint",
                                   client.endpoint};
  if (!client.configuration.empty()) {
    argv.insert(argv.begin() + 1, {"--config", client.configuration});
  }
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return argv;
}

Result<Json> answer(const host::Host& host, std::vector<std::string> argv) {
  Command command{.argv = std::move(argv), .timeout = minutes(1), .output_limit = k_answer.bytes};
  KF_TRY_ASSIGN(const ProcessOutput output, host.run(command));
  if (output.exit_status != 0) {
    return fail(ExitCode::io, "crictl: {}", host::last_line(output.err.empty() ? output.out : output.err));
  }
  return parse_json(output.out, "crictl's answer", k_answer, Floats::become_null);
}

std::vector<std::string> strings(const Json& object, std::string_view key) {
  std::vector<std::string> out;
  const Json* list = object.find(key);
  if (list != nullptr && list->as_array() != nullptr) {
    for (const Json& item : *list->as_array()) {
      if (item.as_string() != nullptr) {
        out.push_back(*item.as_string());
      }
    }
  }
  return out;
}

RuntimeImage image_of(const Json& json) {
  const Json* id = json.find("id");
  const Json* pinned = json.find("pinned");
  return {.id = id != nullptr && id->as_string() != nullptr ? *id->as_string() : std::string(),
          .tags = strings(json, "repoTags"),
          .repo_digests = strings(json, "repoDigests"),
          .pinned = pinned != nullptr && pinned->as_bool() != nullptr && *pinned->as_bool()};
}

constexpr std::string_view k_not_there = "is not there";

bool has(const std::vector<std::string>& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

/// "registry.k8s.io/pause:3.2" → "registry.k8s.io/pause".
std::string_view without_tag(std::string_view reference) {
  const auto end = reference.find('@');
  const std::string_view name = reference.substr(0, end);
  const auto colon = name.rfind(':');
  const bool tag = colon != std::string_view::npos && name.find('/', colon) == std::string_view::npos;
  return tag ? name.substr(0, colon) : name;
}

}  // namespace

Result<std::vector<RuntimeImage>> list_images(const host::Host& host, const CriClient& client) {
  KF_TRY_ASSIGN(const Json json, answer(host, crictl(client, {"images", "-o", "json"})));
  std::vector<RuntimeImage> images;
  const Json* list = json.find("images");
  if (list != nullptr && list->as_array() != nullptr) {
    std::transform(list->as_array()->begin(), list->as_array()->end(), std::back_inserter(images), image_of);
  }
  return images;
}

const RuntimeImage* find_image(std::span<const RuntimeImage> images, std::string_view reference) {
  const auto found = std::find_if(images.begin(), images.end(), [&](const RuntimeImage& image) {
    return has(image.tags, reference) || has(image.repo_digests, reference);
  });
  return found == images.end() ? nullptr : &*found;
}

Result<std::string> image_architecture(const host::Host& host, const CriClient& client, std::string_view reference) {
  KF_TRY_ASSIGN(const Json json, answer(host, crictl(client, {"inspecti", "-o", "json", std::string(reference)})));
  // Newer ones answer with a list when they feel asked for several.
  const Json* one = json.as_array() != nullptr && !json.as_array()->empty() ? &json.as_array()->front() : &json;
  for (const auto* key : {"info", "imageSpec", "architecture"}) {
    one = one == nullptr ? nullptr : one->find(key);
  }
  return one != nullptr && one->as_string() != nullptr ? *one->as_string() : std::string();
}

Status pull_image(const host::Host& host, const CriClient& client, std::string_view reference,
                  const std::stop_token& stop) {
  Command command{.argv = crictl(client, {"pull", std::string(reference)}), .timeout = minutes(30), .stop = stop};
  KF_TRY_ASSIGN(const ProcessOutput output, host.run(command));
  if (output.exit_status != 0) {
    const std::string reason = host::last_line(output.err.empty() ? output.out : output.err);
    return fail(host::class_of(reason, ExitCode::network), "{}: cannot be pulled: {}", reference, reason);
  }
  return {};
}

Status pin_image(const host::Host& host, const CriClient& client, std::string_view reference) {
  if (client.ctr.empty()) {
    return {};
  }
  auto done =
      host.output_of(ctr(client, {"images", "label", std::string(reference), "io.cri-containerd.pinned=pinned"}));
  return done ? Status() : propagate(std::move(done));
}

Result<std::optional<StoredImage>> stored_image(const host::Host& host, const CriClient& client,
                                                std::string_view reference) {
  if (client.ctr.empty()) {
    return std::nullopt;
  }
  KF_TRY_ASSIGN(const std::string table,
                host.output_of(ctr(client, {"images", "ls", fmt::format("name=={}", reference)})));
  for (const auto line : split(table, '\n')) {
    // REF TYPE DIGEST SIZE PLATFORMS LABELS, with as many spaces between them as look well.
    std::vector<std::string_view> words = split(line, ' ');
    std::erase_if(words, [](std::string_view word) { return word.empty(); });
    if (words.size() > 2 && words[0] == reference) {
      KF_TRY_ASSIGN(const crypto::Digest digest, crypto::Digest::parse(words[2]));
      return StoredImage{digest, line.find("io.cri-containerd.pinned=pinned") != std::string_view::npos};
    }
  }
  return std::nullopt;
}

bool heeds_pins(const Version& version) {
  constexpr Version k_first_of_1_6{1, 6, 22};
  constexpr Version k_1_7{1, 7, 0};
  constexpr Version k_first_of_1_7{1, 7, 3};
  return version >= k_first_of_1_7 || (version >= k_first_of_1_6 && version < k_1_7);
}

Status remove_image(const host::Host& host, const CriClient& client, std::string_view reference) {
  KF_TRY_ASSIGN(const auto images, list_images(host, client));
  const RuntimeImage* image = find_image(images, reference);
  if (image == nullptr) {
    return {};
  }
  const std::string_view name = without_tag(reference);
  std::vector<std::string> ours = {std::string(reference)};
  bool shared = false;
  for (const std::string& tag : image->tags) {
    shared = shared || tag != reference;
  }
  const bool same_name = std::any_of(image->tags.begin(), image->tags.end(), [&](const std::string& tag) {
    return tag != reference && without_tag(tag) == name;
  });
  for (const std::string& digest : image->repo_digests) {
    if (!same_name && without_tag(digest) == name && digest != reference) {
      ours.push_back(digest);
    }
  }
  // CRI removes an image with all its names: only ctr can take one away.
  const bool by_name = shared && !client.ctr.empty();
  std::vector<std::string> arguments = {"images", "rm"};
  arguments.insert(arguments.end(), ours.begin(), ours.end());
  auto done =
      host.output_of(by_name ? ctr(client, arguments) : crictl(client, {"rmi", std::string(reference)}), minutes(2));
  return done ? Status() : propagate(std::move(done));
}

Status import_images(const host::Host& host, const CriClient& client, int fd, const std::stop_token& stop) {
  Command command{.argv = ctr(client, {"images", "import", "-"}), .input_fd = fd, .timeout = minutes(60), .stop = stop};
  KF_TRY_ASSIGN(const ProcessOutput output, host.run(command));
  if (output.exit_status != 0) {
    const std::string reason = host::last_line(output.err.empty() ? output.out : output.err);
    return fail(host::class_of(reason, ExitCode::io), "ctr images import: {}", reason);
  }
  return {};
}

std::string problem_with(const RuntimeImage& image, const WantedImage& wanted, std::string_view architecture) {
  const auto is = [&](const crypto::Digest& digest) {
    const std::string end = "@" + digest.to_string();
    return std::any_of(image.repo_digests.begin(), image.repo_digests.end(),
                       [&](const std::string& text) { return text.ends_with(end); });
  };
  if (!is(wanted.digest) && !is(wanted.platform_digest)) {
    return fmt::format("has {} instead of {}",
                       image.repo_digests.empty() ? "no digest" : printable(image.repo_digests.front()),
                       wanted.digest.to_string());
  }
  if (!architecture.empty() && architecture != wanted.architecture) {
    return fmt::format("is for {} instead of {}", printable(architecture), wanted.architecture);
  }
  return {};
}

Result<std::string> image_problem(const host::Host& host, const CriClient& client, std::span<const RuntimeImage> images,
                                  const WantedImage& wanted) {
  const RuntimeImage* found = find_image(images, wanted.reference);
  if (found == nullptr) {
    return std::string(k_not_there);
  }
  RuntimeImage image = *found;
  // CRI knows no digest of what was imported, and those of all names of what was pulled.
  KF_TRY_ASSIGN(const auto stored, stored_image(host, client, wanted.reference));
  if (stored) {
    image.repo_digests = {fmt::format("{}@{}", without_tag(wanted.reference), stored->digest.to_string())};
  }
  KF_TRY_ASSIGN(const std::string architecture, image_architecture(host, client, wanted.reference));
  return problem_with(image, wanted, architecture);
}

Result<std::vector<std::string>> image_problems(const host::Host& host, const CriClient& client,
                                                std::span<const WantedImage> wanted, PinsCount pins_count) {
  KF_TRY_ASSIGN(const auto images, list_images(host, client));
  std::vector<std::string> problems;
  for (const WantedImage& one : wanted) {
    KF_TRY_ASSIGN(const std::string problem, image_problem(host, client, images, one));
    if (!problem.empty()) {
      problems.push_back(fmt::format("{}: {}", one.reference, problem));
    } else if (pins_count == PinsCount::yes && !find_image(images, one.reference)->pinned) {
      problems.push_back(fmt::format("{}: is not pinned", one.reference));
    }
  }
  return problems;
}

}  // namespace kubeferry::runtime

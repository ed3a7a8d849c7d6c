// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/registry/credentials.hpp>

#include <algorithm>

#include <fcntl.h>
#include <sys/stat.h>

#include <kubeferry/base/fd.hpp>
#include <kubeferry/base/json.hpp>
#include <kubeferry/base/process.hpp>
#include <kubeferry/base/text.hpp>

namespace kubeferry::registry {
namespace {

constexpr std::uint64_t k_largest_file = std::uint64_t{1} << 20;
constexpr std::string_view k_docker_hub = "https://index.docker.io/v1/";

/// The text of a file with secrets, and whether everybody may read it.
struct SecretFile {
  std::string text;
  bool open_to_all = false;
};

// Mode and content come from one descriptor, so that nobody can put another file in between.
Result<SecretFile> read_secret_file(const std::filesystem::path& path) {
  auto fd = open_file(path, O_RDONLY);
  if (!fd) {
    return fail(ExitCode::auth, "{}", fd.error().message);
  }
  struct stat status {};
  if (::fstat(fd->get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    return fail(ExitCode::auth, "{}: is no regular file", path.native());
  }
  FdSource source(fd->get(), path.native());
  auto bytes = read_all(source, k_largest_file, path.native());
  if (!bytes) {
    return fail(ExitCode::auth, "{}", bytes.error().message);
  }
  return SecretFile{std::string(as_text(*bytes)), (status.st_mode & S_IROTH) != 0};
}

Failure open_to_all(const std::filesystem::path& path) {
  return Failure(Error{ExitCode::auth,
                       fmt::format("{}: holds passwords and everybody may read it", path.native()),
                       fmt::format("chmod 600 {}", path.native()),
                       {}});
}

// Docker writes "https://index.docker.io/v1/" for itself, and URLs or bare hosts for others, depending on its age.
std::vector<std::string> keys_of(const std::string& registry) {
  if (registry == "docker.io") {
    return {std::string(k_docker_hub), "docker.io", "index.docker.io", "registry-1.docker.io"};
  }
  return {registry,
          "https://" + registry,
          "https://" + registry + "/",
          "https://" + registry + "/v1/",
          "https://" + registry + "/v2/",
          "http://" + registry};
}

Result<std::optional<Credentials>> from_auths(const JsonView& root, const std::string& registry,
                                              const std::string& file) {
  const auto auths = root.optional_member("auths");
  if (!auths) {
    return std::nullopt;
  }
  for (const auto& key : keys_of(registry)) {
    const auto entry = auths->optional_member(key);
    if (!entry) {
      continue;
    }
    Credentials found;
    KF_TRY_ASSIGN(found.identity_token, entry->string_or("identitytoken", ""));
    KF_TRY_ASSIGN(found.username, entry->string_or("username", ""));
    KF_TRY_ASSIGN(found.password, entry->string_or("password", ""));
    KF_TRY_ASSIGN(const std::string auth, entry->string_or("auth", ""));
    if (!auth.empty()) {
      const auto decoded = from_base64(auth);
      const auto text = decoded ? as_text(*decoded) : std::string_view{};
      const auto colon = text.find(':');
      if (colon == std::string_view::npos) {
        return fail(ExitCode::auth, "{}: the entry of {} is no base64 of user:password", file, registry);
      }
      found.username = std::string(text.substr(0, colon));
      found.password = std::string(text.substr(colon + 1));
      // docker login pads with NUL bytes in some versions.
      found.password.erase(
          std::find_if(found.password.rbegin(), found.password.rend(), [](char c) { return c != '\0'; }).base(),
          found.password.end());
    }
    // With a credential store Docker leaves an empty entry behind: that says nothing.
    if (!found.identity_token.empty() || !found.username.empty()) {
      return found;
    }
  }
  return std::nullopt;
}

Result<std::optional<Credentials>> ask_helper(const std::string& helper, const std::string& registry) {
  const bool good_name = !helper.empty() && helper.size() <= 64 && std::ranges::all_of(helper, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
  if (!good_name) {
    return fail(ExitCode::auth, "credential helper '{}': the name may only have a-z, 0-9 and '-'", printable(helper));
  }
  Command command;
  command.argv = {"docker-credential-" + helper, "get"};
  command.input = (registry == "docker.io" ? std::string(k_docker_hub) : registry) + "\n";
  auto output = run(command);
  if (!output) {
    return fail(ExitCode::auth, "{}: {}", command.argv[0], output.error().message);
  }
  if (output->exit_status != 0) {
    // The protocol has no other sign for "not mine" than this sentence.
    if ((output->out + output->err).find("credentials not found") != std::string::npos) {
      return std::nullopt;
    }
    return fail(ExitCode::auth, "{}: ended with status {}: {}", command.argv[0], output->exit_status,
                printable(trim(output->err.empty() ? output->out : output->err)));
  }
  const auto nonsense = [&] { return fail(ExitCode::auth, "{}: its answer is no credentials", command.argv[0]); };
  const auto json = parse_json(output->out, command.argv[0]);
  if (!json) {
    return nonsense();
  }
  const JsonView view(*json, command.argv[0]);
  const auto username = view.string("Username");
  const auto secret = view.string("Secret");
  if (!username || !secret) {
    return nonsense();
  }
  if (*username == "<token>") {
    return Credentials{{}, {}, *secret};
  }
  return Credentials{*username, *secret, {}};
}

Result<std::optional<Credentials>> from_helpers(const JsonView& root, const std::string& registry) {
  if (const auto helpers = root.optional_member("credHelpers")) {
    for (const auto& key : keys_of(registry)) {
      if (const auto helper = helpers->optional_member(key)) {
        KF_TRY_ASSIGN(const std::string name, helper->string());
        return ask_helper(name, registry);
      }
    }
  }
  KF_TRY_ASSIGN(const std::string store, root.string_or("credsStore", ""));
  if (!store.empty()) {
    return ask_helper(store, registry);
  }
  return std::nullopt;
}

bool holds_secrets(const JsonView& root) {
  const auto auths = root.optional_member("auths");
  const auto* entries = auths ? auths->value().as_object() : nullptr;
  return entries != nullptr && std::ranges::any_of(*entries, [](const Json::Member& entry) {
           const auto has = [&](std::string_view key) { return entry.second.find(key) != nullptr; };
           return has("auth") || has("password") || has("identitytoken");
         });
}

Result<std::optional<Credentials>> from_file(const std::filesystem::path& path, const std::string& registry) {
  KF_TRY_ASSIGN(const SecretFile file, read_secret_file(path));
  // The parser's message would quote nothing secret, but its class is format: this is about logging in.
  const auto json = parse_json(file.text, path.native(), {}, Floats::become_null);
  if (!json) {
    return fail(ExitCode::auth, "{}", json.error().message);
  }
  const JsonView root(*json, path.native());
  if (file.open_to_all && holds_secrets(root)) {
    return open_to_all(path);
  }
  auto found = from_helpers(root, registry);
  if (found && !*found) {
    found = from_auths(root, registry, path.native());
  }
  if (!found) {
    found.error().code = ExitCode::auth;
  }
  return found;
}

}  // namespace

Result<std::optional<Credentials>> CredentialFiles::find(const std::string& registry) {
  for (const auto& path : files_) {
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) {
      continue;
    }
    KF_TRY_ASSIGN(auto found, from_file(path, registry));
    if (found) {
      return found;
    }
  }
  return std::nullopt;
}

std::vector<std::filesystem::path> usual_credential_files(
    const std::function<std::optional<std::string>(std::string_view)>& environment) {
  std::vector<std::filesystem::path> files;
  const auto add = [&](std::string_view variable, std::string_view rest) {
    const auto value = environment(variable);
    if (value && !value->empty()) {
      files.push_back(rest.empty() ? std::filesystem::path(*value) : std::filesystem::path(*value) / rest);
    }
    return value && !value->empty();
  };
  add("REGISTRY_AUTH_FILE", "");
  if (!add("DOCKER_CONFIG", "config.json")) {
    add("HOME", ".docker/config.json");
  }
  add("XDG_RUNTIME_DIR", "containers/auth.json");
  return files;
}

Result<Credentials> credentials_from_file(std::string username, const std::filesystem::path& password_file) {
  KF_TRY_ASSIGN(const SecretFile file, read_secret_file(password_file));
  if (file.open_to_all) {
    return open_to_all(password_file);
  }
  std::string_view password = file.text;
  password = password.substr(0, password.find('\n'));
  if (password.ends_with('\r')) {
    password.remove_suffix(1);
  }
  if (password.empty()) {
    return fail(ExitCode::auth, "{}: its first line is empty, and should be the password", password_file.native());
  }
  return Credentials{std::move(username), std::string(password), {}};
}

}  // namespace kubeferry::registry

// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/packages/signature.hpp>

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <vector>

#include <kubeferry/base/atomic_file.hpp>
#include <kubeferry/base/fd.hpp>
#include <kubeferry/base/process.hpp>
#include <kubeferry/base/text.hpp>

namespace kubeferry::packages {

namespace {

constexpr std::uint64_t k_largest_keyring = std::uint64_t{16} << 20;
constexpr std::uint64_t k_largest_message = std::uint64_t{64} << 20;

/// A folder of our own that goes away with its owner.
class Folder {
public:
  static Result<Folder> make() {
    const char* base = std::getenv("TMPDIR");
    std::string path = std::string(base == nullptr ? "/tmp" : base) + "/kubeferry-gpgv-XXXXXX";
    if (::mkdtemp(path.data()) == nullptr) {
      return fail_errno(errno, path);
    }
    return Folder(std::move(path));
  }
  Folder(Folder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  Folder& operator=(Folder&&) = delete;
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    if (!path_.empty()) {
      std::filesystem::remove_all(path_, ignored);
    }
  }
  [[nodiscard]] std::string operator/(std::string_view name) const { return fmt::format("{}/{}", path_, name); }
  Result<std::string> put(std::string_view name, std::string_view content) const {
    std::string path = *this / name;
    KF_TRY(write_file_atomically(path, content, 0600));
    return path;
  }

private:
  explicit Folder(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

/// What gpgv's status lines (GnuPG's doc/DETAILS) say of all signatures.
struct Verdict {
  bool good = false;
  bool bad = false;
  std::vector<std::string> missing;   ///< key ids
  std::vector<std::string> unusable;  ///< "expired key …"
};

/// Whether OpenPGP's number of a hash (RFC 4880 §9.4) is one of SHA-2.
bool is_strong_hash(std::string_view number) {
  return number == "8" || number == "9" || number == "10" || number == "11";
}

Verdict read_status(std::string_view text) {
  Verdict verdict;
  bool good = false;
  for (const std::string_view line : split(text, '\n')) {
    const auto words = split(line, ' ');
    if (words.size() < 2 || words[0] != "[GNUPG:]") {
      continue;
    }
    const std::string key(words.size() > 2 ? words[2] : std::string_view());
    if (words[1] == "NEWSIG") {
      good = false;
    } else if (words[1] == "GOODSIG") {
      good = true;
    } else if (words[1] == "VALIDSIG" && words.size() > 9 && good) {
      // VALIDSIG fingerprint date time expiry version reserved key-algorithm hash-algorithm …
      if (is_strong_hash(words[9])) {
        verdict.good = true;
      } else {
        verdict.unusable.push_back(fmt::format("a weak hash with key {}", key));
      }
    } else if (words[1] == "BADSIG") {
      verdict.bad = true;
    } else if (words[1] == "NO_PUBKEY") {
      verdict.missing.push_back(key);
    } else if (words[1] == "EXPKEYSIG") {
      verdict.unusable.push_back(fmt::format("the expired key {}", key));
    } else if (words[1] == "EXPSIG") {
      verdict.unusable.push_back(fmt::format("a signature that has expired, by key {}", key));
    } else if (words[1] == "REVKEYSIG") {
      verdict.unusable.push_back(fmt::format("the revoked key {}", key));
    }
  }
  return verdict;
}

Status judge(const Verdict& verdict, std::string_view what, const std::filesystem::path& keyring) {
  if (verdict.bad) {
    return Failure(
        Error{ExitCode::signature,
              fmt::format("{}: is not what was signed: its signature is bad", what),
              "it was changed on its way, or the mirror was caught in the middle of an update: try again, or "
              "use another one",
              {}});
  }
  if (verdict.good) {
    return {};
  }
  std::vector<std::string> reasons = verdict.unusable;
  for (const std::string& key : verdict.missing) {
    reasons.push_back(fmt::format("key {}, which is not in it", printable(key)));
  }
  return Failure(Error{ExitCode::signature,
                       fmt::format("{}: no good signature by a key of {}{}", what, keyring.native(),
                                   reasons.empty() ? std::string(": it is not signed")
                                                   : fmt::format(": signed with {}", fmt::join(reasons, ", "))),
                       "`keyring` beside its url names the file with the keys of those who sign it",
                       {}});
}

}  // namespace

Result<std::string> without_armor(std::string_view data, std::string_view what) {
  constexpr std::string_view k_begin = "-----BEGIN PGP ";
  constexpr std::string_view k_end = "-----END PGP ";
  if (data.find(k_begin) == std::string_view::npos) {
    return std::string(data);
  }
  std::string out;
  std::string block;
  enum class At { outside, headers, body } at = At::outside;
  for (const std::string_view raw : split(data, '\n')) {
    const std::string_view line = trim(raw);
    if (line.starts_with(k_begin)) {
      at = At::headers;
      block.clear();
    } else if (line.starts_with(k_end)) {
      const auto bytes = from_base64(block);
      if (!bytes || at != At::body) {
        return fail(ExitCode::format, "{}: its ASCII armor does not decode", what);
      }
      out += as_text(*bytes);
      at = At::outside;
    } else if (at == At::headers) {
      at = line.empty() ? At::body : at;
    } else if (at == At::body && !line.starts_with('=')) {  // a line that starts so is the checksum, which is optional
      block += line;
    }
  }
  if (out.empty() || at != At::outside) {
    return fail(ExitCode::format, "{}: its ASCII armor does not end", what);
  }
  return out;
}

Result<SignatureChecker> SignatureChecker::find(std::string_view path) {
  for (const auto& [name, kind] : {std::pair{"gpgv", Kind::gpgv}, std::pair{"sqv", Kind::sqv}}) {
    for (const std::string_view folder : split(path, ':')) {
      const std::string program = fmt::format("{}/{}", folder, name);
      if (!folder.empty() && ::access(program.c_str(), X_OK) == 0) {
        return SignatureChecker(kind, program);
      }
    }
  }
  return Failure(Error{ExitCode::unsupported_host,
                       "neither gpgv nor sqv is here, which check the signatures of distributions",
                       "install the package gpgv (Debian, Ubuntu), gnupg2 (Fedora, RHEL) or gpg2 (SUSE)",
                       {}});
}

Result<std::string> SignatureChecker::check(const Signed& message, const std::filesystem::path& keyring) const {
  KF_TRY_ASSIGN(const Folder folder, Folder::make());
  KF_TRY_ASSIGN(const std::string stored, read_file(keyring, k_largest_keyring));
  KF_TRY_ASSIGN(const std::string keys, without_armor(stored, keyring.native()));
  KF_TRY_ASSIGN(const std::string keyring_path, folder.put("keyring.gpg", keys));
  KF_TRY_ASSIGN(const std::string data, folder.put("data", message.data));
  std::string signature;
  if (!message.signature.empty()) {
    KF_TRY_ASSIGN(signature, folder.put("signature", message.signature));
  } else if (!reads_clear_signed()) {
    return fail(ExitCode::bug, "{}: sqv was given a clear-signed message", message.what);
  }
  Command command{.argv = {program_}, .environment = {{"LC_ALL", "C"}}};
  const std::string plain = folder / "plain";
  if (kind_ == Kind::sqv) {
    command.argv.insert(command.argv.end(), {"--keyring", keyring_path, signature, data});
  } else {
    command.argv.insert(command.argv.end(), {"--homedir", folder / "", "--status-fd", "1", "--keyring", keyring_path});
    if (signature.empty()) {
      command.argv.insert(command.argv.end(), {"--output", plain, data});
    } else {
      command.argv.insert(command.argv.end(), {signature, data});
    }
  }
  KF_TRY_ASSIGN(const ProcessOutput output, run(command));
  Verdict verdict;
  if (kind_ == Kind::gpgv) {
    verdict = read_status(output.out);
  } else {
    verdict.good = output.exit_status == 0;
    verdict.unusable.push_back(std::string(printable(trim(output.err).substr(0, 200))));
  }
  KF_TRY(judge(verdict, message.what, keyring));
  return signature.empty() ? read_file(plain, k_largest_message) : Result<std::string>(std::string(message.data));
}

}  // namespace kubeferry::packages

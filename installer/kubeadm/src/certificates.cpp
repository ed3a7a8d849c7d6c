// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <charconv>

#include <kubeferry/kubeadm/cluster.hpp>
#include <kubeferry/kubeadm/secrets.hpp>

#include "administration.hpp"
#include "invoke.hpp"

namespace kubeferry::kubeadm {
namespace {

constexpr std::string_view k_missing = "!MISSING! ";

/// Cells of a table whose columns are at least three blanks apart.
std::vector<std::string_view> cells_of(std::string_view line) {
  std::vector<std::string_view> cells;
  while (!trim(line).empty()) {
    line.remove_prefix(line.find_first_not_of(' '));
    const std::size_t end = std::min(line.find("   "), line.size());
    cells.push_back(trim(line.substr(0, end)));
    line.remove_prefix(end);
  }
  return cells;
}

std::optional<unsigned> number(std::string_view text, std::size_t at, std::size_t count) {
  unsigned value = 0;
  const std::string_view digits = text.substr(std::min(at, text.size()), count);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return error == std::errc() && end == digits.data() + count ? std::optional(value) : std::nullopt;
}

/// "Nov 21, 2027 10:15 UTC".
std::optional<TimePoint> date_of(std::string_view text) {
  constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const auto month = months.find(text.substr(0, 3));
  const auto day = number(text, 4, 2);
  const auto year = number(text, 8, 4);
  const auto hour = number(text, 13, 2);
  const auto minute = number(text, 16, 2);
  if (month % 3 != 0 || !day || !year || !hour || !minute || text.substr(18) != " UTC") {
    return std::nullopt;
  }
  const auto date =
      std::chrono::year(static_cast<int>(*year)) / static_cast<int>(month / 3 + 1) / static_cast<int>(*day);
  if (!date.ok()) {
    return std::nullopt;
  }
  return std::chrono::sys_days(date) + std::chrono::hours(*hour) + std::chrono::minutes(*minute);
}

std::optional<Certificate> certificate_of(std::string_view line, bool authority) {
  Certificate certificate;
  certificate.authority = authority;
  if (line.starts_with(k_missing)) {
    certificate.name = printable(trim(line.substr(k_missing.size())));
    return certificate;
  }
  const std::vector<std::string_view> cells = cells_of(line);
  if (cells.size() < 2 || cells[1].size() != std::string_view("Jan 02, 2006 15:04 UTC").size()) {
    return std::nullopt;
  }
  certificate.name = printable(cells[0]);
  certificate.expires = date_of(cells[1]);
  certificate.externally_managed = cells.back() == "yes";
  return certificate.expires ? std::optional(certificate) : std::nullopt;
}

}  // namespace

Result<std::vector<Certificate>> parse_certificates(std::string_view output) {
  std::vector<Certificate> found;
  bool authority = false;
  for (const std::string_view line : split(output, '\n')) {
    authority = authority || line.starts_with("CERTIFICATE AUTHORITY");
    if (auto certificate = certificate_of(line, authority)) {
      found.push_back(std::move(*certificate));
    }
  }
  if (found.empty()) {
    return fail(ExitCode::format, "kubeadm certs check-expiration: lists no certificate");
  }
  return found;
}

Result<std::vector<Certificate>> certificates(const host::Host& host, const Program& program) {
  const Command command{.argv = administer(program, {"certs", "check-expiration"}), .timeout = k_quick};
  KF_TRY_ASSIGN(const ProcessOutput output, invoke(host, command, "kubeadm certs check-expiration"));
  return parse_certificates(output.out);
}

Status upload_certificates(const host::Host& host, const Program& program, const crypto::SecretText& key,
                           std::string_view cluster) {
  KF_TRY(check_certificate_key(key.view()));
  const ConfigFile file{.name = "the cluster's configuration", .text = std::string(cluster)};
  KF_TRY_ASSIGN(DocumentSet theirs, read_documents(file, program.version));
  if (theirs.find("ClusterConfiguration") == nullptr) {
    return fail(ExitCode::usage, "{}: holds no ClusterConfiguration", file.name);
  }
  DocumentSet set = administration_documents(program.version);
  set.documents.resize(1);
  set.documents.front().set("certificateKey", YamlNode::string(key.view()));
  set.documents.push_back(std::move(*theirs.find("ClusterConfiguration")));
  const crypto::SecretText config(emit_yaml(set.documents));
  const ConfigCall call{
      .argv = administer(program, {"init", "phase", "upload-certs", "--upload-certs", "--skip-certificate-key-print"}),
      .name = "kubeadm init phase upload-certs"};
  KF_TRY(invoke_with(host, program, call, config.view()));
  return {};
}

}  // namespace kubeferry::kubeadm

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

namespace kubeferry::testing {

/// What to put into a certificate; the defaults make a good one for 127.0.0.1 and localhost.
struct CertificateOptions {
  std::string name = "localhost";  ///< common name, and DNS alternative name
  bool for_loopback = true;        ///< also 127.0.0.1 as alternative name
  long starts_in = -3600;          ///< seconds from now
  long ends_in = 3600;
  int rsa_bits = 0;  ///< 0: ECDSA P-256
};

struct CertificateFiles {
  std::filesystem::path certificate;
  std::filesystem::path key;
};

/// Certificates for tests, made when asked for, in a directory that goes with this object. Throws std::runtime_error
/// when OpenSSL fails: then the test cannot run.
class TestPki {
public:
  TestPki();
  TestPki(const TestPki&) = delete;
  TestPki& operator=(const TestPki&) = delete;
  ~TestPki();

  [[nodiscard]] std::filesystem::path ca() const { return directory_ / "ca.pem"; }
  /// A certificate signed by ca().
  CertificateFiles issue(const std::string& file_name, const CertificateOptions& options = {});
  /// One signed by itself.
  CertificateFiles self_signed(const std::string& file_name, const CertificateOptions& options = {});
  [[nodiscard]] const std::filesystem::path& directory() const { return directory_; }

private:
  std::filesystem::path directory_;
};

}  // namespace kubeferry::testing

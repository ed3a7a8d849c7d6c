// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/testing/test_pki.hpp>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

namespace kubeferry::testing {
namespace {

template <auto Function>
struct Free {
  template <class T>
  void operator()(T* object) const noexcept {
    Function(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Free<X509_free>>;

void require(bool good, const char* what) {
  if (!good) {
    throw std::runtime_error(std::string("test certificates: ") + what);
  }
}

struct File {
  explicit File(const std::filesystem::path& path, const char* mode) : stream(std::fopen(path.c_str(), mode)) {
    require(stream != nullptr, path.c_str());
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() { std::fclose(stream); }
  std::FILE* stream;
};

void add_extension(X509& certificate, X509& issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, &issuer, &certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  require(extension != nullptr, "extension");
  X509_add_ext(&certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

Certificate make(const CertificateOptions& options, EVP_PKEY& key, X509* issuer, EVP_PKEY* issuer_key, bool authority) {
  static long serial = 1;
  Certificate certificate(X509_new());
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), options.starts_in);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), options.ends_in);
  X509_NAME* name = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(options.name.c_str()),
                             -1, -1, 0);
  X509* const by = issuer == nullptr ? certificate.get() : issuer;
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(by));
  X509_set_pubkey(certificate.get(), &key);
  add_extension(*certificate, *by, NID_basic_constraints, authority ? "critical,CA:TRUE" : "CA:FALSE");
  if (authority) {
    add_extension(*certificate, *by, NID_key_usage, "critical,keyCertSign,cRLSign");
  } else {
    add_extension(*certificate, *by, NID_subject_alt_name,
                  "DNS:" + options.name + (options.for_loopback ? ",IP:127.0.0.1" : ""));
  }
  require(X509_sign(certificate.get(), issuer_key == nullptr ? &key : issuer_key, EVP_sha256()) > 0, "sign");
  return certificate;
}

Key make_key(int rsa_bits) {
  Key key(rsa_bits > 0 ? EVP_RSA_gen(static_cast<unsigned>(rsa_bits)) : EVP_EC_gen("P-256"));
  require(key != nullptr, "key");
  return key;
}

void save(const std::filesystem::path& path, X509& certificate, EVP_PKEY& key, const std::filesystem::path& key_path) {
  const File file(path, "w");
  require(PEM_write_X509(file.stream, &certificate) == 1, "certificate file");
  const File key_file(key_path, "w");
  require(PEM_write_PrivateKey(key_file.stream, &key, nullptr, nullptr, 0, nullptr, nullptr) == 1, "key file");
}

}  // namespace

TestPki::TestPki() {
  std::string pattern = (std::filesystem::temp_directory_path() / "kubeferry-pki-XXXXXX").native();
  require(::mkdtemp(pattern.data()) != nullptr, "temporary directory");
  directory_ = pattern;
  const Key key = make_key(0);
  const Certificate certificate =
      make({.name = "kubeferry test CA", .for_loopback = false, .ends_in = 86400}, *key, nullptr, nullptr, true);
  save(ca(), *certificate, *key, directory_ / "ca.key");
}

TestPki::~TestPki() {
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

CertificateFiles TestPki::issue(const std::string& file_name, const CertificateOptions& options) {
  const File ca_file(ca(), "r");
  const Certificate issuer(PEM_read_X509(ca_file.stream, nullptr, nullptr, nullptr));
  const File ca_key_file(directory_ / "ca.key", "r");
  const Key issuer_key(PEM_read_PrivateKey(ca_key_file.stream, nullptr, nullptr, nullptr));
  require(issuer && issuer_key, "CA");
  const Key key = make_key(options.rsa_bits);
  const Certificate certificate = make(options, *key, issuer.get(), issuer_key.get(), false);
  CertificateFiles files{directory_ / (file_name + ".pem"), directory_ / (file_name + ".key")};
  save(files.certificate, *certificate, *key, files.key);
  return files;
}

CertificateFiles TestPki::self_signed(const std::string& file_name, const CertificateOptions& options) {
  const Key key = make_key(options.rsa_bits);
  const Certificate certificate = make(options, *key, nullptr, nullptr, false);
  CertificateFiles files{directory_ / (file_name + ".pem"), directory_ / (file_name + ".key")};
  save(files.certificate, *certificate, *key, files.key);
  return files;
}

}  // namespace kubeferry::testing

// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/base/atomic_file.hpp>
#include <kubeferry/crypto/key.hpp>

namespace kubeferry::crypto {

Result<PrivateKey> read_private_key(const std::filesystem::path& path, const SecretText* passphrase) {
  KF_TRY_ASSIGN(const SecretText pem, read_secret_file(path));
  return PrivateKey::from_pem(pem, passphrase, path.native());
}

Status write_key_pair(const std::filesystem::path& base, const PrivateKey& key, const SecretText* passphrase) {
  KF_TRY_ASSIGN(const SecretText pem, key.to_pem(passphrase));
  KF_TRY_ASSIGN(AtomicFile private_file, AtomicFile::create(base.native() + ".key", 0600, Replace::refused));
  KF_TRY_ASSIGN(AtomicFile public_file, AtomicFile::create(base.native() + ".pub", 0644, Replace::refused));
  KF_TRY(private_file.write(as_byte_view(pem.view())));
  KF_TRY(public_file.write(as_byte_view(key.public_key().to_pem())));
  KF_TRY(private_file.commit());
  Status published = public_file.commit();
  if (!published) {
    // Half a pair is of no use, and in the way of the next try.
    std::error_code ignored;
    std::filesystem::remove(base.native() + ".key", ignored);
  }
  return published;
}

}  // namespace kubeferry::crypto

// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/source/node_source.hpp>

namespace kubeferry::source {

namespace {

class LocalSource final : public NodeSource {
public:
  explicit LocalSource(std::shared_ptr<const bundle::Bundle> bundle) : bundle_(std::move(bundle)) {}

  [[nodiscard]] const std::string& name() const noexcept override { return bundle_->name(); }
  [[nodiscard]] const bundle::Manifest& manifest() const noexcept override { return bundle_->manifest(); }
  [[nodiscard]] const crypto::Digest& manifest_digest() const noexcept override { return bundle_->manifest_digest(); }
  [[nodiscard]] const std::vector<crypto::VerifiedBy>& signers() const noexcept override { return bundle_->signers(); }
  Result<std::unique_ptr<Source>> stream(const crypto::Digest& digest) const override {
    return bundle_->stream(digest);
  }

private:
  std::shared_ptr<const bundle::Bundle> bundle_;
};

}  // namespace

Result<Bytes> NodeSource::read(const crypto::Digest& digest, std::uint64_t limit) const {
  KF_TRY_ASSIGN(const auto content, stream(digest));
  return read_all(*content, limit, digest.to_string());
}

std::shared_ptr<const NodeSource> local(std::shared_ptr<const bundle::Bundle> bundle) {
  return std::make_shared<const LocalSource>(std::move(bundle));
}

}  // namespace kubeferry::source

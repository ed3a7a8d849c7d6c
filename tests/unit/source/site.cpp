// SPDX-License-Identifier: Apache-2.0
#include "site.hpp"

#include <kubeferry/installer/bundle_artifact.hpp>
#include <kubeferry/installer/bundle_content.hpp>

namespace kubeferry::source::testing_support {

using kubeferry::testing::Answer;
using kubeferry::testing::FaultServer;
using kubeferry::testing::Ranges;

namespace {

Answer document(const oci::ManifestBytes& manifest) {
  return {.headers = {{"Content-Type", manifest.media_type}, {"Docker-Content-Digest", manifest.digest.to_string()}},
          .body = std::string(as_text(manifest.bytes))};
}

}  // namespace

Site::Site()
    : key_(crypto::PrivateKey::generate(crypto::KeyAlgorithm::ed25519).value()),
      sample_(bundle::testing_support::make_sample()),
      identity_(registry_server::make_identity()) {
  sample_.plan.chunk_size = 64 * 1024;
  auto writer = bundle::Writer::open(file(), sample_.plan);
  EXPECT_TRUE(writer) << writer.error().message;
  const auto digest = bundle::testing_support::write_all_rows(**writer, sample_, key_);
  EXPECT_TRUE(digest) << digest.error().message;
  bundle_ = *bundle::Bundle::open(file(), trust());
}

const Site& Site::get() {
  static const Site site;
  return site;
}

const Bytes& Site::file_content(std::size_t n) const { return sample_.contents.at(sample_.plan.fixed + n); }

std::unique_ptr<registry_server::RunningServer> Site::serve() const {
  auto content = installer::BundleContent::make({bundle_});
  EXPECT_TRUE(content) << content.error().message;
  registry_server::Options options;
  options.threads = 2;
  options.tls.emplace(registry_server::TlsIdentity{
      identity_.tls.certificate_chain_pem, crypto::SecretText(std::string(identity_.tls.private_key_pem.view()))});
  return std::make_unique<registry_server::RunningServer>(std::move(options), *content);
}

RemoteOptions Site::options(const std::vector<std::uint16_t>& ports) const {
  RemoteOptions out{.ca_pem = identity_.authority_pem, .manifest = bundle_->manifest_digest(), .trust = trust()};
  for (const std::uint16_t port : ports) {
    out.registries.push_back({fmt::format("127.0.0.1:{}", port), "", false});
  }
  out.http.retry.first_delay = std::chrono::milliseconds(1);
  return out;
}

RemoteOptions Site::options(const FaultServer& server) const {
  RemoteOptions out = options(std::vector<std::uint16_t>{});
  out.registries.push_back({server.authority(), "site", true});
  out.http.retry.attempts = 2;
  return out;
}

void Site::fill(FaultServer& server) const {
  const auto artifact = installer::make_bundle_artifact(*bundle_);
  ASSERT_TRUE(artifact);
  server.on(tag_path(), {document(artifact->manifests.back())});
  server.on(blob_path(artifact->front_layer.digest), {Answer{.body = std::string(as_text(artifact->front))}});
  for (std::size_t n = 0; n < bundle_->manifest().chunks.size(); ++n) {
    server.on(chunk_path(n), {Answer{.body = chunk_text(n), .ranges = Ranges::honoured}});
  }
}

std::string Site::chunk_text(std::size_t n) const {
  const bundle::VerifiedPayload& payload = bundle_->payload();
  const std::uint64_t start = n * payload.chunk_size();
  Bytes bytes(static_cast<std::size_t>(std::min(payload.chunk_size(), payload.size() - start)));
  EXPECT_TRUE(payload.read_at(start, bytes));
  return std::string(as_text(bytes));
}

}  // namespace kubeferry::source::testing_support

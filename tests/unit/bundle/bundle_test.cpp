// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/bundle/bundle.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>

#include <fstream>

#include <kubeferry/base/json.hpp>
#include <kubeferry/bundle/verify.hpp>
#include <kubeferry/crypto/dsse.hpp>

#include "sample.hpp"

namespace kubeferry::bundle {
namespace {

using namespace testing_support;
using testing::AnyOf;
using testing::HasSubstr;

class BundleTest : public testing::Test {
protected:
  BundleTest() {
    write_sample(folder_ / "good", key_);
    good_ = file_text(folder_ / "good");
  }
  /// The exit code of opening and verifying `text` as a bundle.
  ExitCode judge(const std::string& text, Depth depth = Depth::chunks) {
    write_text(folder_ / "bad", text);
    const auto bundle = Bundle::open(folder_ / "bad", trust_);
    if (!bundle) {
      message_ = bundle.error().message;
      return bundle.error().code;
    }
    const Status status = verify(**bundle, depth, 2, nullptr, {});
    message_ = status ? "" : status.error().message;
    return status ? ExitCode::ok : status.error().code;
  }
  /// The good bundle with its manifest changed by `edit` and signed again: what an honest builder with a defect does.
  template <class Edit>
  std::string resigned(Edit&& edit) {
    const auto front = read_front(*FileRandomSource::open(folder_ / "good"), "good");
    std::string text = front->manifest;
    edit(text);
    crypto::Envelope envelope{std::string(k_payload_type), {}};
    EXPECT_TRUE(crypto::add_signature(envelope, key_, as_byte_view(text)));
    const auto bytes = encode_front(front->header, envelope.to_text(), text);
    EXPECT_TRUE(bytes) << bytes.error().message;
    return std::string(as_text(*bytes)) + good_.substr(bytes->size());
  }
  static void replace(std::string& text, std::string_view from, std::string_view to) {
    const auto at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    text.replace(at, from.size(), to);
  }

  Folder folder_;
  crypto::PrivateKey key_ = *crypto::PrivateKey::generate(crypto::KeyAlgorithm::ed25519);
  crypto::Keyset trust_ = crypto::Keyset::of(key_.public_key(), "site");
  std::string good_;
  std::string message_;
};

TEST_F(BundleTest, NotABundle) {  // M01, M02, M14
  for (const std::string& text : {std::string(), std::string("x"), good_.substr(0, 9), good_.substr(0, 17),
                                  good_.substr(0, 112), std::string(4096, '\0'), std::string("#!/bin/sh\n")}) {
    EXPECT_EQ(judge(text), ExitCode::format) << text.size();
  }
  EXPECT_EQ(judge("\x1f\x8b\x08" + good_), ExitCode::format);
  EXPECT_THAT(message_, HasSubstr("gzip"));
  std::string later = good_;
  later[17 + 8] = 2;
  EXPECT_EQ(judge(later), ExitCode::format);
  EXPECT_THAT(message_, HasSubstr("format 2"));
}

TEST_F(BundleTest, EveryBitOfTheFrontCounts) {  // M12
  const auto front = read_front(*FileRandomSource::open(folder_ / "good"), "good");
  ASSERT_TRUE(front);
  const auto envelope_end = static_cast<std::size_t>(k_envelope_offset + front->header.envelope_length);
  const auto manifest_start = static_cast<std::size_t>(front->header.manifest_offset());
  const auto manifest_end = manifest_start + front->manifest.size();
  std::fstream file(folder_ / "good", std::ios::in | std::ios::out | std::ios::binary);
  for (std::size_t n = 0; n < front->header.payload_offset; ++n) {
    // All of the header and envelope, every 7th byte of the manifest, some of the padding.
    const bool chosen = n < envelope_end || (n >= manifest_start && n < manifest_end ? n % 7 == 0 : n % 509 == 0);
    if (!chosen) {
      continue;
    }
    const char flipped = static_cast<char>(good_[n] ^ (1 << (n % 8)));
    file.seekp(static_cast<std::streamoff>(n)).put(flipped).flush();
    const auto opened = Bundle::open(folder_ / "good", trust_);
    file.seekp(static_cast<std::streamoff>(n)).put(good_[n]).flush();
    ASSERT_FALSE(opened) << "byte " << n;
    EXPECT_THAT(opened.error().code, AnyOf(ExitCode::format, ExitCode::signature, ExitCode::limit)) << "byte " << n;
  }
}

TEST_F(BundleTest, EveryChunkCounts) {  // M12, M15
  const auto bundle = Bundle::open(folder_ / "good", trust_);
  ASSERT_TRUE(bundle);
  const auto offset = static_cast<std::size_t>((*bundle)->front().header.payload_offset);
  for (std::size_t n = offset; n < good_.size(); n += 400'009) {
    std::string bad = good_;
    bad[n] = static_cast<char>(bad[n] ^ 1);
    EXPECT_EQ(judge(bad), ExitCode::integrity) << n;
    EXPECT_THAT(message_, HasSubstr(fmt::format("chunk {}", (n - offset) / k_default_chunk_bytes)));
  }
  std::string swapped = good_;
  const auto a = swapped.substr(offset, k_default_chunk_bytes);
  const auto b = swapped.substr(offset + k_default_chunk_bytes, k_default_chunk_bytes);
  swapped.replace(offset, k_default_chunk_bytes, b);
  swapped.replace(offset + k_default_chunk_bytes, k_default_chunk_bytes, a);
  EXPECT_EQ(judge(swapped), ExitCode::integrity);
}

TEST_F(BundleTest, NothingDamagedIsEverRead) {
  const auto good = Bundle::open(folder_ / "good", trust_);
  ASSERT_TRUE(good);
  const BlobRow& row = (*good)->manifest().blobs[11];
  std::string bad = good_;
  const auto at = static_cast<std::size_t>((*good)->front().header.payload_offset + row.offset + row.stored / 2);
  bad[at] = static_cast<char>(bad[at] ^ 1);
  write_text(folder_ / "bad", bad);
  const auto bundle = Bundle::open(folder_ / "bad", trust_);
  ASSERT_TRUE(bundle) << "the front is undamaged";
  EXPECT_EQ((*bundle)->read(row.digest, 1 << 30).error().code, ExitCode::integrity);
}

TEST_F(BundleTest, Truncated) {  // M13
  const auto bundle = Bundle::open(folder_ / "good", trust_);
  ASSERT_TRUE(bundle);
  const auto& front = (*bundle)->front();
  std::vector<std::uint64_t> borders = {9,
                                        17,
                                        k_envelope_offset,
                                        k_envelope_offset + front.header.envelope_length,
                                        front.header.manifest_offset(),
                                        front.header.manifest_offset() + front.manifest.size(),
                                        front.header.payload_offset,
                                        good_.size()};
  for (const auto& row : (*bundle)->manifest().blobs) {
    borders.push_back(front.header.payload_offset + row.offset);
  }
  for (const auto border : borders) {
    for (const auto length : {border - 1, border, border + 1}) {
      if (length < good_.size()) {
        EXPECT_EQ(judge(good_.substr(0, static_cast<std::size_t>(length))), ExitCode::format) << length;
      }
    }
  }
  judge(good_.substr(
      0, static_cast<std::size_t>(front.header.payload_offset + (*bundle)->manifest().blobs[10].offset + 10)));
  EXPECT_THAT(message_, HasSubstr((*bundle)->manifest().blobs[10].digest.hex()));
}

TEST_F(BundleTest, SomethingFollows) {  // M14
  EXPECT_EQ(judge(good_ + "x"), ExitCode::format);
  EXPECT_EQ(judge(good_ + good_), ExitCode::format);
}

TEST_F(BundleTest, SplicedFromAnotherGenuineBundle) {  // M15
  write_sample(folder_ / "other", key_, 8);
  const std::string other = file_text(folder_ / "other");
  ASSERT_EQ(other.size(), good_.size());
  const auto front = read_front(*FileRandomSource::open(folder_ / "good"), "good");
  const auto offset = static_cast<std::size_t>(front->header.payload_offset);
  // Its payload differs in nothing but the front, so this is the good bundle of another sequence …
  EXPECT_EQ(judge(other.substr(0, offset) + good_.substr(offset)), ExitCode::ok);
  // … but a manifest under the other's signature is not.
  const auto manifest_start = static_cast<std::size_t>(front->header.manifest_offset());
  EXPECT_EQ(judge(other.substr(0, manifest_start) + good_.substr(manifest_start)), ExitCode::signature);
}

TEST_F(BundleTest, SignedByNobodyWeTrust) {  // M04, M05, M06
  const auto other = crypto::PrivateKey::generate(crypto::KeyAlgorithm::ed25519);
  const auto trust = crypto::Keyset::of(other->public_key(), "other");
  const auto opened = Bundle::open(folder_ / "good", trust);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ExitCode::signature);
  EXPECT_THAT(opened.error().message, HasSubstr(key_.public_key().key_id().substr(0, 8)));

  const auto front = read_front(*FileRandomSource::open(folder_ / "good"), "good");
  const std::string payload = good_.substr(static_cast<std::size_t>(front->header.payload_offset));
  const auto with = [&](const crypto::Envelope& envelope) {
    return std::string(as_text(*encode_front(front->header, envelope.to_text(), front->manifest))) + payload;
  };
  EXPECT_EQ(judge(with({std::string(k_payload_type), {}})), ExitCode::signature);
  crypto::Envelope wrong{"application/vnd.something.else", {}};
  ASSERT_TRUE(crypto::add_signature(wrong, key_, as_byte_view(front->manifest)));
  EXPECT_EQ(judge(with(wrong)), ExitCode::signature);
}

TEST_F(BundleTest, ASignedManifestIsCheckedAllTheSame) {
  EXPECT_EQ(judge(resigned([](std::string&) {})), ExitCode::ok);
  const std::vector<std::tuple<std::string, std::string, ExitCode>> edits = {
      {R"("kind":"kubeferry/bundle/v1")", R"("kind":"kubeferry/bundle/v9")", ExitCode::format},
      {R"("minimumTool":"0.1.0")", R"("minimumTool":"9.1.0")", ExitCode::policy},
      {R"("path":"/usr/local/bin/a")", R"("path":"/usr/local/bin/../a")", ExitCode::format},
      {R"("path":"/usr/local/bin/a")", R"("path":"/root/.ssh/keyz")", ExitCode::format},
      {R"("mode":"0755")", R"("mode":"4755")", ExitCode::format},
      {R"("encoding":"zstd")", R"("encoding":"rar1")", ExitCode::format},
      {R"("chunkSize":1048576)", R"("chunkSize":1048577)", ExitCode::format},
      {R"("sequence":7)", R"("sequence":-7)", ExitCode::format},
      {R"("version":"1")", R"("versiom":"1")", ExitCode::format},
      {R"("stream":"sample",)", R"("stream":"x","stream":"y",)", ExitCode::format},
  };
  for (const auto& [from, to, code] : edits) {
    EXPECT_EQ(judge(resigned([&, f = from, t = to](std::string& text) { replace(text, f, t); })), code)
        << to << ": " << message_;
  }
}

TEST_F(BundleTest, AnImageHasTheSizeOfItsBlob) {
  const Sample sample = make_sample();
  const oci::Descriptor& image = sample.plan.manifest.images[0].descriptor;
  const std::string right = fmt::format(R"("digest":"{}","size":{})", image.digest.to_string(), image.size);
  const std::string wrong = fmt::format(R"("digest":"{}","size":{})", image.digest.to_string(), image.size + 1);
  EXPECT_EQ(judge(resigned([&](std::string& text) { replace(text, right, wrong); })), ExitCode::format);
  EXPECT_THAT(message_, HasSubstr("registry.k8s.io/sample:v1"));
}

TEST_F(BundleTest, DeepVerifyComparesTheLayoutsIndex) {
  const std::string text = resigned(
      [](std::string& manifest) { replace(manifest, "registry.k8s.io/sample:v1", "registry.k8s.io/sample:v2"); });
  EXPECT_EQ(judge(text, Depth::chunks), ExitCode::ok) << message_;
  EXPECT_EQ(judge(text, Depth::blobs), ExitCode::format);
  EXPECT_THAT(message_, HasSubstr("index.json names registry.k8s.io/sample:v1"));
}

TEST_F(BundleTest, DeepVerifyFindsABuildersMistake) {  // M41
  const Sample sample = make_sample();
  const std::string right = sample.plan.rows.back().digest.to_string();
  std::string wrong = right;
  wrong.back() = wrong.back() == '0' ? '1' : '0';
  const std::string text = resigned([&](std::string& manifest) {
    for (auto at = manifest.find(right); at != std::string::npos; at = manifest.find(right)) {
      manifest.replace(at, right.size(), wrong);
    }
  });
  EXPECT_EQ(judge(text, Depth::chunks), ExitCode::ok);
  EXPECT_EQ(judge(text, Depth::blobs), ExitCode::format) << "the tar header names the right digest";
}

TEST_F(BundleTest, ServesFromTheFileOnlyWhatStaysAsItWas) {
  ASSERT_EQ(::chmod((folder_ / "good").c_str(), 0600), 0);
  const auto bundle = Bundle::open(folder_ / "good", trust_, Reread::trust_unchanged);
  ASSERT_TRUE(bundle);
  const BlobRow& row = (*bundle)->manifest().blobs[11];
  const auto content = (*bundle)->content(row.digest);
  ASSERT_TRUE(content);
  const auto span = (*content)->stored_span(200000);
  ASSERT_TRUE(span);
  EXPECT_TRUE(*(*bundle)->payload().verified_in_place(span->payload_offset, span->length));
  std::string bad = good_;
  const auto at = static_cast<std::size_t>((*bundle)->front().header.payload_offset + span->payload_offset);
  bad[at] = static_cast<char>(bad[at] ^ 1);
  write_text(folder_ / "good", bad);
  EXPECT_FALSE(*(*bundle)->payload().verified_in_place(span->payload_offset, span->length));
  Bytes buffer(10);
  EXPECT_EQ((*content)->read_at(200000, buffer).error().code, ExitCode::integrity);
}

}  // namespace
}  // namespace kubeferry::bundle

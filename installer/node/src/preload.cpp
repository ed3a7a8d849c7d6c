// SPDX-License-Identifier: Apache-2.0
#include "preload.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <set>
#include <thread>

#include <kubeferry/archive/tar.hpp>
#include <kubeferry/base/fd.hpp>
#include <kubeferry/node/needs.hpp>
#include <kubeferry/oci/manifest.hpp>
#include <kubeferry/oci/media_type.hpp>

namespace kubeferry::node {

namespace {

// containerd tells CRI of an image by an event.
constexpr std::chrono::milliseconds k_pause{100};
constexpr int k_most_pauses = 100;

/// Knows whether it was the reader who gave up.
class PipeSink final : public Sink {
public:
  explicit PipeSink(int fd) : inner_(fd, "a pipe to containerd") {}
  Status write(ByteView bytes) override {
    Status written = inner_.write(bytes);
    broken_ = broken_ || !written;
    return written;
  }
  [[nodiscard]] bool broken() const noexcept { return broken_; }

private:
  FdSink inner_;
  bool broken_ = false;
};

class Layout {
public:
  Layout(const source::NodeSource& source, Sink& out) : source_(source), out_(out) {}

  Status text(std::string_view name, std::string_view content) {
    KF_TRY(header(name, content.size()));
    KF_TRY(out_.write(as_byte_view(content)));
    return padding(content.size());
  }

  Status blob(const oci::Descriptor& blob) {
    KF_TRY_ASSIGN(const auto content, source_.stream(blob.digest));
    KF_TRY(
        header(fmt::format("blobs/{}/{}", crypto::hash_name(blob.digest.algorithm()), blob.digest.hex()), blob.size));
    KF_TRY(copy_all(*content, out_));
    return padding(blob.size);
  }

  Status end() { return zeros(archive::k_tar_end_bytes); }

private:
  Status header(std::string_view name, std::uint64_t size) {
    KF_TRY_ASSIGN(const archive::TarHeader bytes, archive::tar_file_header(name, size));
    return out_.write(bytes);
  }
  Status padding(std::uint64_t size) { return zeros(archive::tar_padding(size)); }
  Status zeros(std::size_t count) {
    constexpr std::array<std::byte, archive::k_tar_end_bytes> k_zeros{};
    return out_.write(std::span(k_zeros).first(count));
  }

  const source::NodeSource& source_;
  Sink& out_;
};

std::string index_of(const oci::Descriptor& image, std::string_view reference) {
  Json annotations;
  annotations.set("io.containerd.image.name", reference);
  annotations.set("org.opencontainers.image.ref.name", reference);
  Json entry = image.to_json();
  entry.set("annotations", std::move(annotations));
  Json manifests = Json::array();
  manifests.push(std::move(entry));
  Json out;
  out.set("schemaVersion", 2).set("mediaType", oci::k_oci_index).set("manifests", std::move(manifests));
  return to_text(out);
}

Status until_seen(const host::Host& host, const runtime::CriClient& client, const std::string& reference) {
  for (int n = 0; n < k_most_pauses; ++n) {
    KF_TRY_ASSIGN(const auto images, runtime::list_images(host, client));
    if (runtime::find_image(images, reference) != nullptr) {
      return {};
    }
    std::this_thread::sleep_for(k_pause);
  }
  return fail(ExitCode::io, "{} was imported, and the runtime does not show it", reference);
}

}  // namespace

Status write_layout(const source::NodeSource& source, const runtime::WantedImage& wanted, Sink& out) {
  KF_TRY_ASSIGN(const oci::Descriptor named, descriptor_of(source, wanted.digest));
  KF_TRY_ASSIGN(const oci::Descriptor part, descriptor_of(source, wanted.platform_digest));
  KF_TRY_ASSIGN(const Bytes bytes, source.read(part.digest, oci::k_max_manifest_bytes));
  KF_TRY_ASSIGN(const oci::Manifest manifest, oci::parse_manifest(bytes, part.media_type, wanted.reference));
  Layout layout(source, out);
  KF_TRY(layout.text("oci-layout", R"({"imageLayoutVersion":"1.0.0"})"));
  KF_TRY(layout.text("index.json", index_of(named, wanted.reference)));
  if (named.digest != part.digest) {
    KF_TRY(layout.blob(named));
  }
  KF_TRY(layout.blob(part));
  KF_TRY(layout.blob(manifest.config));
  std::set<crypto::Digest> written;
  for (const auto& layer : manifest.layers) {
    if (written.insert(layer.digest).second) {
      KF_TRY(layout.blob(layer));
    }
  }
  return layout.end();
}

Status import_image(const host::Host& host, const runtime::CriClient& client, const runtime::WantedImage& wanted,
                    const source::NodeSource& source, const std::stop_token& stop) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    return fail_errno(errno, "a pipe to containerd");
  }
  Fd reading(ends[0]);
  Fd writing(ends[1]);
  PipeSink sink(writing.get());
  Status written;
  std::jthread writer([&] {
    written = write_layout(source, wanted, sink);
    writing = Fd();  // the end of the archive
  });
  const Status imported = runtime::import_images(host, client, reading.get(), stop);
  // Nobody reads any more: a writer that is not done must not wait for it.
  reading = Fd();
  writer.join();
  if (!written && !sink.broken()) {
    return written;
  }
  KF_TRY(imported);
  return until_seen(host, client, wanted.reference);
}

runtime::BringImage preloaded(std::shared_ptr<const source::NodeSource> source, std::stop_token stop) {
  return [source = std::move(source), stop = std::move(stop)](const host::Host& host, const runtime::CriClient& client,
                                                              const runtime::WantedImage& wanted) {
    return import_image(host, client, wanted, *source, stop);
  };
}

}  // namespace kubeferry::node

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <fstream>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <kubeferry/base/text.hpp>
#include <kubeferry/registry/client.hpp>
#include <kubeferry/testing/fault_server.hpp>

namespace kubeferry::registry {

/// Does not wait; moves only when told.
class FakeClock final : public net::Clock {
public:
  TimePoint now() override {
    const std::scoped_lock lock(mutex_);
    return now_;
  }
  bool sleep(std::chrono::milliseconds, const std::stop_token& stop) override { return !stop.stop_requested(); }
  void advance(std::chrono::seconds seconds) {
    const std::scoped_lock lock(mutex_);
    now_ += seconds;
  }

private:
  std::mutex mutex_;
  TimePoint now_{std::chrono::seconds(1'800'000'000)};
};

class StringSink final : public net::RestartableSink {
public:
  Status write(ByteView bytes) override {
    text.append(as_text(bytes));
    return {};
  }
  Status restart() override {
    text.clear();
    return {};
  }
  std::string text;
};

inline const std::string k_manifest =
    R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",)"
    R"("config":{"mediaType":"application/vnd.oci.image.config.v1+json",)"
    R"("digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2},"layers":[]})";

inline testing::Answer manifest_answer(std::string body = k_manifest,
                                       std::string type = "application/vnd.oci.image.manifest.v1+json") {
  return {.headers = {{"Content-Type", std::move(type)},
                      {"Docker-Content-Digest", crypto::Digest::of(as_byte_view(body)).to_string()}},
          .body = body};
}

inline oci::Descriptor descriptor_of(std::string_view content) {
  oci::Descriptor descriptor;
  descriptor.media_type = "application/octet-stream";
  descriptor.digest = crypto::Digest::of(as_byte_view(content));
  descriptor.size = content.size();
  return descriptor;
}

inline testing::Answer challenge(std::string value) {
  return {.status = 401, .headers = {{"WWW-Authenticate", std::move(value)}}};
}

/// A client that reaches "reg.example" at `server`.
inline std::unique_ptr<Client> client_for(const testing::FaultServer& server,
                                          std::optional<Credentials> credentials = {},
                                          std::shared_ptr<net::Clock> clock = std::make_shared<FakeClock>()) {
  ClientOptions options;
  options.http.proxy = net::Proxy::none;
  options.upstreams["reg.example"] =
      Endpoint{.base_url = server.url(), .plain_http = true, .credentials = std::move(credentials)};
  return std::move(Client::make(std::move(options), std::move(clock)).value());
}

inline oci::Reference reference(std::string_view text) { return oci::Reference::parse(text).value(); }
inline const Repository k_repository{"reg.example", "team/app"};

/// A directory that goes with this object.
class TemporaryDirectory {
public:
  TemporaryDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "kubeferry-test-XXXXXX").native();
    path_ = ::mkdtemp(pattern.data());
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }

  std::filesystem::path write(const std::string& name, const std::string& text, unsigned mode = 0600) const {
    const auto file = path_ / name;
    std::ofstream(file) << text;
    std::filesystem::permissions(file, static_cast<std::filesystem::perms>(mode));
    return file;
  }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
  std::filesystem::path path_;
};

}  // namespace kubeferry::registry

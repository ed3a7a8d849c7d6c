// SPDX-License-Identifier: Apache-2.0
// TLS and everything stock clients expect of HTTP, asked with stock clients.
#include <filesystem>

#include <gmock/gmock.h>

#include <kubeferry/base/atomic_file.hpp>
#include <kubeferry/base/fd.hpp>
#include <kubeferry/base/process.hpp>

#include "memory_content.hpp"
#include "running_server.hpp"

namespace kubeferry::registry_server {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class TlsServer : public ::testing::Test {
protected:
  explicit TlsServer(Timeouts timeouts = {}) {
    std::string folder = (std::filesystem::temp_directory_path() / "kf-tls-XXXXXX").native();
    EXPECT_NE(::mkdtemp(folder.data()), nullptr);
    folder_ = folder;
    TestIdentity identity = make_identity();
    EXPECT_TRUE(write_file_atomically(folder_ / "ca.pem", identity.authority_pem, 0600));
    Options options;
    options.threads = 2;
    options.timeouts = timeouts;
    options.tls = std::move(identity.tls);
    server_.emplace(std::move(options), content_);
  }
  ~TlsServer() override {
    server_.reset();
    std::filesystem::remove_all(folder_);
  }

  ProcessOutput curl(std::vector<std::string> arguments) {
    Command command;
    command.argv = {"curl", "-sS", "--noproxy", "*", "--cacert", (folder_ / "ca.pem").native()};
    command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
    command.output_limit = std::uint64_t{64} << 20;
    auto output = run(command);
    EXPECT_TRUE(output) << output.error().message;
    return output ? std::move(*output) : ProcessOutput{.exit_status = -1};
  }
  ProcessOutput openssl_client(std::vector<std::string> arguments, std::string input) {
    Command command;
    command.argv = {"openssl",  "s_client",
                    "-connect", "127.0.0.1:" + std::to_string(server_->port()),
                    "-CAfile",  (folder_ / "ca.pem").native()};
    command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
    command.input = std::move(input);
    auto output = run(command);
    EXPECT_TRUE(output) << output.error().message;
    return output ? std::move(*output) : ProcessOutput{.exit_status = -1};
  }
  [[nodiscard]] std::string url(const std::string& path) const {
    return "https://127.0.0.1:" + std::to_string(server_->port()) + path;
  }
  [[nodiscard]] std::string big_path() const { return "/v2/pause/blobs/" + big_.to_string(); }

  std::filesystem::path folder_;
  std::shared_ptr<MemoryContent> content_ = std::make_shared<MemoryContent>();
  crypto::Digest manifest_ = content_->add_manifest("pause", "3.10", "{\"pause\":1}");
  std::string big_bytes_ = patterned(5 * 1000 * 1000 + 3);
  crypto::Digest big_ = content_->add_blob(big_bytes_);
  std::optional<RunningServer> server_;
};

class ImpatientTlsServer : public TlsServer {
protected:
  ImpatientTlsServer() : TlsServer({.handshake = std::chrono::seconds(2)}) {}
};

TEST_F(TlsServer, ServesCurl) {
  EXPECT_EQ(curl({url(big_path())}).out, big_bytes_);
  EXPECT_EQ(curl({"--tls-max", "1.2", url(big_path())}).out, big_bytes_);
  EXPECT_EQ(curl({"--http1.0", url(big_path())}).out, big_bytes_);
  EXPECT_EQ(curl({"-r", "1000000-3999999", url(big_path())}).out, big_bytes_.substr(1000000, 3000000));
  EXPECT_EQ(curl({"-f", "-r", "9000000-", url(big_path())}).exit_status, 22);
  const ProcessOutput head = curl({"-I", url("/v2/pause/manifests/3.10")});
  EXPECT_THAT(head.out, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(head.out, HasSubstr("Docker-Content-Digest: " + manifest_.to_string()));
  EXPECT_THAT(curl({"-X", "PUT", "-d", "x", url("/v2/pause/manifests/3.10")}).out, HasSubstr("UNSUPPORTED"));
  const std::string big_body(2000000, 'x');
  ASSERT_TRUE(write_file_atomically(folder_ / "body", big_body, 0600));
  EXPECT_THAT(curl({"-T", (folder_ / "body").native(), url("/v2/pause/blobs/uploads/x")}).out,
              HasSubstr("UNSUPPORTED"));
}

TEST_F(TlsServer, OneConnectionServesManyRequests) {
  std::vector<std::string> arguments = {"-v"};
  for (int i = 0; i < 20; ++i) {
    arguments.push_back(url(i % 2 == 0 ? "/v2/pause/manifests/3.10" : "/v2/"));
  }
  const ProcessOutput output = curl(arguments);
  std::string expected;
  for (int i = 0; i < 10; ++i) {
    expected += "{\"pause\":1}{}";
  }
  EXPECT_EQ(output.out, expected);
  EXPECT_THAT(output.err, HasSubstr("Re-using existing connection"));
}

TEST_F(TlsServer, ParallelClientsGetTheirOwnBytes) {
  std::vector<std::jthread> team;
  for (std::size_t i = 0; i < 8; ++i) {
    team.emplace_back([this, i] {
      const std::size_t from = i * 500000;
      const ProcessOutput output = curl({"-r", std::to_string(from) + "-", url(big_path())});
      EXPECT_TRUE(output.out == std::string_view(big_bytes_).substr(from)) << output.err;
    });
  }
}

TEST_F(TlsServer, ChoosesModernCiphersAndResumesSessions) {
  const std::string request = "GET /v2/ HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
  const std::string session = (folder_ / "session").native();
  const std::string tls13 = openssl_client({"-sess_out", session, "-ign_eof", "-alpn", "h2,http/1.1"}, request).out;
  EXPECT_THAT(tls13, HasSubstr("TLSv1.3"));
  EXPECT_THAT(tls13, HasSubstr("ALPN protocol: http/1.1"));
  EXPECT_THAT(tls13, HasSubstr("HTTP/1.1 200 OK"));
  EXPECT_THAT(openssl_client({"-sess_in", session, "-ign_eof"}, request).out, HasSubstr("Reused, TLSv1.3"));
  EXPECT_THAT(openssl_client({"-tls1_2", "-ign_eof"}, request).out, HasSubstr("ECDHE-ECDSA-"));
  EXPECT_NE(openssl_client({"-tls1_1", "-cipher", "ALL:@SECLEVEL=0"}, request).exit_status, 0);
}

TEST_F(ImpatientTlsServer, ClientsThatDoNotSpeakTlsAreLetGo) {
  RawClient plain(server_->port());
  plain.send("GET /v2/ HTTP/1.1\r\nHost: h\r\n\r\n");
  plain.receive_all();
  EXPECT_TRUE(plain.ended());
  RawClient silent(server_->port());
  silent.send("\x16\x03\x01");
  silent.receive_all();
  EXPECT_TRUE(silent.ended());
  EXPECT_EQ(curl({url("/v2/")}).out, "{}");
}

TEST_F(TlsServer, AWeakKeyIsRefusedHoweverOpensslWasCompiled) {
  const std::string certificate = (folder_ / "weak.crt").native();
  const std::string key = (folder_ / "weak.key").native();
  const auto made = run({.argv = {"openssl", "req", "-x509", "-newkey", "rsa:1024", "-nodes", "-subj", "/CN=weak",
                                  "-keyout", key, "-out", certificate}});
  ASSERT_TRUE(made && made->exit_status == 0);
  Options options;
  options.tls = TlsIdentity{read_file(certificate, 65536).value(), crypto::SecretText(read_file(key, 65536).value())};
  const auto server = Server::listen(std::move(options), content_);
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().code, ExitCode::tls);
  EXPECT_THAT(server.error().message, HasSubstr("key too small"));
}

}  // namespace
}  // namespace kubeferry::registry_server

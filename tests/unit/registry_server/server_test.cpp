// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/registry_server/server.hpp>

#include <sys/mman.h>
#include <sys/resource.h>

#include <gmock/gmock.h>

#include "memory_content.hpp"
#include "running_server.hpp"

namespace kubeferry::registry_server {
namespace {

using namespace std::chrono_literals;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr std::string_view k_close = " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
constexpr std::string_view k_keep = " HTTP/1.1\r\nHost: h\r\n\r\n";

class PlainServer : public ::testing::Test {
protected:
  std::string get(RunningServer& server, const std::string& target, std::string_view tail = k_close) {
    RawClient client(server.port());
    client.send("GET " + target + std::string(tail));
    return client.receive_all();
  }
  static std::string body_of(const std::string& response) {
    const std::size_t end = response.find("\r\n\r\n");
    return end == std::string::npos ? "" : response.substr(end + 4);
  }
  [[nodiscard]] std::string path_of(const crypto::Digest& blob) const { return "/v2/pause/blobs/" + blob.to_string(); }
  static Options two_threads() {
    Options options;
    options.threads = 2;
    return options;
  }

  std::shared_ptr<MemoryContent> content_ = std::make_shared<MemoryContent>();
  crypto::Digest manifest_ = content_->add_manifest("pause", "3.10", "{\"pause\":1}");
  std::string big_bytes_ = patterned(3 * 1000 * 1000 + 7);
  crypto::Digest big_ = content_->add_blob(big_bytes_);
};

TEST_F(PlainServer, AnswersAndLogs) {
  RunningServer server(two_threads(), content_);
  const std::string response = get(server, "/v2/pause/manifests/3.10");
  EXPECT_THAT(response, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(response, EndsWith("\r\n\r\n{\"pause\":1}"));
  EXPECT_EQ(body_of(get(server, path_of(big_))), big_bytes_);
  EXPECT_THAT(get(server, "/"), HasSubstr("<td>127.0.0.1</td><td>pause</td><td>1</td><td>1</td>"));
  get(server, "/v2/%1b[2Jx/manifests/1");
  server.stop();
  EXPECT_THAT(server.log(), StartsWith("127.0.0.1 GET /v2/pause/manifests/3.10 200 11 "));
  EXPECT_THAT(server.log(), HasSubstr("200 3000007 "));
  EXPECT_THAT(server.log(), Not(HasSubstr("\x1b")));
}

TEST_F(PlainServer, HeadHasNoBody) {
  RunningServer server(two_threads(), content_);
  RawClient client(server.port());
  client.send("HEAD " + path_of(big_) + std::string(k_keep) + "HEAD /nowhere" + std::string(k_close));
  const std::string both = client.receive_all();
  EXPECT_THAT(both, HasSubstr("Content-Length: 3000007\r\n"));
  const std::string second = body_of(both);
  EXPECT_THAT(second, StartsWith("HTTP/1.1 404 Not Found\r\n"));
  EXPECT_EQ(body_of(second), "");
}

TEST_F(PlainServer, PipelinedRequestsAreAnsweredInOrder) {
  RunningServer server(two_threads(), content_);
  RawClient client(server.port());
  std::string requests;
  for (int i = 0; i < 50; ++i) {
    requests += "GET /v2/pause/manifests/" + std::string(i % 2 == 0 ? "3.10" : "none") + std::string(k_keep);
  }
  requests += "GET " + path_of(big_) + std::string(k_close);
  client.send(requests);
  client.finish_sending();
  std::string all = client.receive_all();
  for (int i = 0; i < 50; ++i) {
    ASSERT_THAT(all, StartsWith(i % 2 == 0 ? "HTTP/1.1 200" : "HTTP/1.1 404")) << i;
    all.erase(0, all.find("HTTP/1.1", 1));
  }
  EXPECT_EQ(body_of(all), big_bytes_);
}

TEST_F(PlainServer, FilesAndReadsAlternateInOneBlob) {
  auto file = Fd(::memfd_create("blob", MFD_CLOEXEC));
  ASSERT_TRUE(write_all(file.get(), as_byte_view("before" + big_bytes_), "blob"));
  const auto digest = crypto::Digest::of(as_byte_view("file"));
  content_->add_blob(digest, std::make_shared<FileBlob>(std::move(file), 6, big_bytes_.size()));
  RunningServer server(two_threads(), content_);
  EXPECT_EQ(body_of(get(server, path_of(digest))), big_bytes_);
  const std::string part = get(server, path_of(digest),
                               " HTTP/1.1\r\nHost: h\r\nRange: bytes=150000-1234567\r\n"
                               "Connection: close\r\n\r\n");
  EXPECT_THAT(part, StartsWith("HTTP/1.1 206 Partial Content\r\n"));
  EXPECT_EQ(body_of(part), big_bytes_.substr(150000, 1234567 - 150000 + 1));
}

TEST_F(PlainServer, BadContentIsNeverSent) {
  const auto at_once = crypto::Digest::of(as_byte_view("1"));
  const auto later = crypto::Digest::of(as_byte_view("2"));
  content_->add_blob(at_once, std::make_shared<MemoryBlob>(big_bytes_, 0));
  content_->add_blob(later, std::make_shared<MemoryBlob>(big_bytes_, 1000000));
  RunningServer server(two_threads(), content_);
  EXPECT_THAT(get(server, path_of(at_once)), StartsWith("HTTP/1.1 500 Internal Server Error\r\n"));
  const std::string part = body_of(get(server, path_of(later)));
  EXPECT_LE(part.size(), 1000000U);
  EXPECT_EQ(part, big_bytes_.substr(0, part.size()));
  server.stop();
  EXPECT_THAT(server.log(), HasSubstr("aborted"));
}

TEST_F(PlainServer, BadRequestsAreRefusedAndTheConnectionEnds) {
  RunningServer server(two_threads(), content_);
  for (const auto& [request, status] : std::vector<std::pair<std::string, std::string>>{
           {"nonsense\r\n\r\n", "400"},
           {"GET / HTTP/1.1\r\n\r\n", "400"},
           {"GET / HTTP/3.0\r\nHost: h\r\n\r\n", "505"},
           {"GET /" + std::string(20000, 'a') + std::string(k_keep), "431"},
           {"GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(100000, 'a'), "431"},
           {"PUT /v2/pause/manifests/x HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nGET / HTTP/1.1\r\n\r\n", "405"},
           {"POST /v2/pause/blobs/uploads/ HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "405"},
           {"\x16\x03\x01\x02\x01\r\n\r\n", "400"}}) {
    RawClient client(server.port());
    client.send(request);
    const std::string response = client.receive_all();
    EXPECT_THAT(response, StartsWith("HTTP/1.1 " + status)) << request.substr(0, 40);
    EXPECT_THAT(response, HasSubstr("Connection: close\r\n"));
    EXPECT_THAT(body_of(response), StartsWith("{\"errors\":[{\"code\":"));
    EXPECT_EQ(response.find("]}HTTP/1.1"), std::string::npos) << "a body was taken for a request";
    EXPECT_TRUE(client.ended());
  }
  EXPECT_THAT(get(server, "/v2/"), StartsWith("HTTP/1.1 200"));
}

TEST_F(PlainServer, SlowClientsAreLetGo) {
  Options options = two_threads();
  options.timeouts.head = 300ms;
  options.timeouts.idle = 300ms;
  options.timeouts.stall = 500ms;
  RunningServer server(std::move(options), content_);
  RawClient silent(server.port());
  RawClient slow(server.port());
  RawClient lazy(server.port(), 4096);
  lazy.send("GET " + path_of(big_) + std::string(k_keep));
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 40 && !slow.ended(); ++i) {  // a byte now and then must not keep it alive
    slow.send("G");
    slow.receive(1, 50ms);
  }
  EXPECT_TRUE(slow.ended());
  EXPECT_LT(std::chrono::steady_clock::now() - start, 1500ms);
  EXPECT_EQ(silent.receive_all(), "");
  EXPECT_TRUE(silent.ended());
  std::this_thread::sleep_for(1500ms);
  EXPECT_LT(lazy.receive_all().size(), big_bytes_.size());
}

TEST_F(PlainServer, WhenFullTheLongestIdleGoes) {
  Options options = two_threads();
  options.max_connections = 4;
  RunningServer server(std::move(options), content_);
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 8; ++i) {
    clients.push_back(std::make_unique<RawClient>(server.port()));
    clients.back()->send("GET /v2/" + std::string(k_keep));
    ASSERT_THAT(clients.back()->receive(20), StartsWith("HTTP/1.1 200")) << i;
  }
  clients.front()->receive_all();
  EXPECT_TRUE(clients.front()->ended());
}

TEST_F(PlainServer, StoppingLetsTransfersFinish) {
  RunningServer server(two_threads(), content_);
  RawClient idle(server.port());
  idle.send("GET /v2/" + std::string(k_keep));
  EXPECT_THAT(idle.receive(20), StartsWith("HTTP/1.1 200"));
  RawClient busy(server.port(), 4096);
  busy.send("GET " + path_of(big_) + std::string(k_keep));
  std::string response = busy.receive(1000);
  server.request_stop();
  idle.receive_all();
  EXPECT_TRUE(idle.ended());
  response += busy.receive_all();
  EXPECT_EQ(body_of(response), big_bytes_);
  EXPECT_TRUE(server.stop());
}

TEST_F(PlainServer, StoppingDoesNotWaitForEver) {
  Options options = two_threads();
  options.timeouts.stop = 300ms;
  RunningServer server(std::move(options), content_);
  RawClient busy(server.port(), 4096);
  busy.send("GET " + path_of(big_) + std::string(k_keep));
  busy.receive(1000);
  const auto start = std::chrono::steady_clock::now();
  EXPECT_TRUE(server.stop());
  EXPECT_LT(std::chrono::steady_clock::now() - start, 3s);
}

TEST_F(PlainServer, AThousandConnections) {
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 4096);  // both ends are in this process
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  RunningServer server(two_threads(), content_);
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 1000; ++i) {
    clients.push_back(std::make_unique<RawClient>(server.port()));
  }
  for (auto& client : clients) {
    client->send("GET /v2/pause/manifests/3.10" + std::string(k_keep));
  }
  for (auto& client : clients) {
    ASSERT_THAT(client->receive(20), StartsWith("HTTP/1.1 200"));
  }
}

TEST(Listen, SaysWhatIsWrong) {
  const auto content = std::make_shared<MemoryContent>();
  const auto code = [&](Options options) {
    const auto server = Server::listen(std::move(options), content);
    EXPECT_FALSE(server);
    return server.error().code;
  };
  Options named;
  named.address = "localhost";
  EXPECT_EQ(code(std::move(named)), ExitCode::usage);
  RunningServer running({}, content);
  Options taken;
  taken.port = running.port();
  EXPECT_EQ(code(std::move(taken)), ExitCode::network);
  const auto with = [&](std::string certificate, std::string key) {
    Options options;
    options.tls = TlsIdentity{std::move(certificate), crypto::SecretText(std::move(key))};
    return code(std::move(options));
  };
  const TestIdentity one = make_identity();
  const TestIdentity other = make_identity();
  const std::string chain = one.tls.certificate_chain_pem;
  EXPECT_EQ(with("", ""), ExitCode::tls);
  EXPECT_EQ(with(chain, "nothing"), ExitCode::tls);
  EXPECT_EQ(with(chain, std::string(other.tls.private_key_pem.view())), ExitCode::tls);
  EXPECT_EQ(with(chain + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
                 std::string(one.tls.private_key_pem.view())),
            ExitCode::tls);
}

TEST(Listen, SpeaksIPv6) {
  Options options;
  options.address = "::1";
  const auto server = Server::listen(std::move(options), std::make_shared<MemoryContent>());
  ASSERT_TRUE(server) << server.error().message;
  EXPECT_NE(server->port(), 0);
}

}  // namespace
}  // namespace kubeferry::registry_server

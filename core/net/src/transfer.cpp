// SPDX-License-Identifier: Apache-2.0
#include "transfer.hpp"

#include <array>
#include <cstring>
#include <exception>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <kubeferry/base/text.hpp>
#include <kubeferry/net/header_values.hpp>

namespace kubeferry::net {
namespace {

constexpr std::size_t k_header_bytes = std::size_t{64} << 10;
constexpr std::size_t k_header_fields = 256;
constexpr std::size_t k_error_body_kept = std::size_t{64} << 10;
constexpr std::size_t k_error_body_read = std::size_t{1} << 20;
constexpr long k_buffer = 256L << 10;

/// The callbacks of one transfer. libcurl holds its address: not movable. Nothing may be thrown through libcurl, so
/// each callback ends in guarded().
class Callbacks {
public:
  Callbacks(const Hop& hop, Receiver& receiver) : hop_(hop), receiver_(receiver) {}
  Callbacks(const Callbacks&) = delete;
  Callbacks& operator=(const Callbacks&) = delete;

  void attach(CURL* handle) {
    curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, &Callbacks::on_header);
    curl_easy_setopt(handle, CURLOPT_HEADERDATA, this);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &Callbacks::on_body);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, this);
    curl_easy_setopt(handle, CURLOPT_READFUNCTION, &Callbacks::on_read);
    curl_easy_setopt(handle, CURLOPT_READDATA, this);
    curl_easy_setopt(handle, CURLOPT_SEEKFUNCTION, &Callbacks::on_seek);
    curl_easy_setopt(handle, CURLOPT_SEEKDATA, this);
    curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, &Callbacks::on_progress);
    curl_easy_setopt(handle, CURLOPT_XFERINFODATA, this);
    curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, &Callbacks::on_open_socket);
    curl_easy_setopt(handle, CURLOPT_OPENSOCKETDATA, this);
  }

  /// Opens the request body at its start.
  Status rewind() {
    sent_ = 0;
    if (hop_.request.body) {
      KF_TRY_ASSIGN(source_, hop_.request.body->open());
    }
    return {};
  }

  Response response;
  std::optional<Error> error;
  bool complete = false;  ///< we stopped reading on purpose, the answer is whole enough

private:
  template <class Function>
  bool guarded(Function&& function) {
    try {
      Status status = function();
      if (!status) {
        error = std::move(status).error();
      }
      return !error.has_value();
    } catch (const std::bad_alloc&) {
      error = Error{ExitCode::limit, "out of memory while receiving", {}, {}};
    } catch (const std::exception& exception) {
      error = Error{ExitCode::bug, fmt::format("while receiving: {}", exception.what()), {}, {}};
    }
    return false;
  }

  static std::size_t on_header(char* data, std::size_t, std::size_t size, void* self) {
    auto& callbacks = *static_cast<Callbacks*>(self);
    return callbacks.guarded([&] { return callbacks.header({data, size}); }) ? size : 0;
  }
  static std::size_t on_body(char* data, std::size_t, std::size_t size, void* self) {
    auto& callbacks = *static_cast<Callbacks*>(self);
    const bool good = callbacks.guarded([&] { return callbacks.body(as_byte_view({data, size})); });
    return good && !callbacks.complete ? size : 0;
  }
  static std::size_t on_read(char* data, std::size_t, std::size_t size, void* self) {
    auto& callbacks = *static_cast<Callbacks*>(self);
    std::size_t count = 0;
    const bool good = callbacks.guarded([&]() -> Status {
      KF_TRY_ASSIGN(count, callbacks.read(std::as_writable_bytes(std::span(data, size))));
      return {};
    });
    return good ? count : CURL_READFUNC_ABORT;
  }
  static int on_seek(void* self, curl_off_t offset, int origin) {
    auto& callbacks = *static_cast<Callbacks*>(self);
    if (offset != 0 || origin != SEEK_SET) {
      return CURL_SEEKFUNC_CANTSEEK;
    }
    return callbacks.guarded([&] { return callbacks.rewind(); }) ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL;
  }
  static int on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return static_cast<Callbacks*>(self)->hop_.request.stop.stop_requested() ? 1 : 0;
  }
  // A redirect may name a host whose address is the cloud's metadata service: the literal was refused before, this
  // is for names that resolve to it.
  static curl_socket_t on_open_socket(void* self, curlsocktype, curl_sockaddr* address) {
    if (static_cast<Callbacks*>(self)->hop_.foreign && is_link_local_address(*address)) {
      return CURL_SOCKET_BAD;
    }
    return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  }

  static bool is_link_local_address(const curl_sockaddr& address) {
    if (address.family == AF_INET) {
      sockaddr_in in{};
      std::memcpy(&in, &address.addr, sizeof in);
      return (ntohl(in.sin_addr.s_addr) >> 16U) == 0xa9feU;
    }
    if (address.family == AF_INET6) {
      sockaddr_in6 in{};
      // curl_sockaddr's last member is declared as a plain sockaddr but is as long as addrlen says.
      std::memcpy(&in, static_cast<const void*>(&address.addr), std::min<std::size_t>(sizeof in, address.addrlen));
      return IN6_IS_ADDR_LINKLOCAL(&in.sin6_addr);
    }
    return false;
  }

  Status header(std::string_view line) {
    if (head_complete_) {
      return {};  // trailers of a chunked body mean nothing to us
    }
    header_bytes_ += line.size();
    if (header_bytes_ > k_header_bytes || response.headers.fields().size() >= k_header_fields) {
      return fail(ExitCode::limit, "{}: the answer's headers are longer than 64 KiB or more than 256",
                  hop_.url.authority());
    }
    if (line.starts_with("HTTP/")) {
      const auto words = split(trim(line), ' ');
      response.status = words.size() > 1 ? static_cast<int>(parse_decimal(words[1]).value_or(0) % 1000) : 0;
      response.headers.clear();
      return {};
    }
    const auto text = trim(line);
    if (!text.empty()) {
      if (const auto colon = text.find(':'); colon != std::string_view::npos) {
        response.headers.add(std::string(trim(text.substr(0, colon))), std::string(trim(text.substr(colon + 1))));
      }
      return {};
    }
    if (response.status < 200) {
      return {};  // 100 Continue and its like: the real head follows
    }
    head_complete_ = true;
    return response.status < 300 ? begin() : Status{};
  }

  Status begin() {
    // We never ask for an encoding (R10): one that comes anyway hides the length and the digest of what was asked for.
    const auto encoding = response.headers.find("Content-Encoding");
    if (encoding && !equals_ignoring_case(*encoding, "identity") && !encoding->empty() &&
        hop_.request.method != Method::head) {
      return Failure(Error{ExitCode::integrity,
                           fmt::format("{}: the answer is encoded ({}) though that was not asked for",
                                       redacted(hop_.url.text()), printable(*encoding)),
                           "something between here and the server changes what passes through it",
                           {}});
    }
    return receiver_.begin(response);
  }

  Status body(ByteView bytes) {
    if (response.status >= 200 && response.status < 300) {
      return receiver_.write(bytes);
    }
    const auto room = k_error_body_kept - response.body.size();
    const auto kept = bytes.first(std::min(room, bytes.size()));
    response.body.insert(response.body.end(), kept.begin(), kept.end());
    error_body_ += bytes.size();
    complete = error_body_ > k_error_body_read;
    return {};
  }

  Result<std::size_t> read(MutableByteView buffer) {
    if (!hop_.request.body) {
      const auto rest = as_byte_view(hop_.request.content).subspan(static_cast<std::size_t>(sent_));
      const auto count = std::min(rest.size(), buffer.size());
      std::memcpy(buffer.data(), rest.data(), count);
      sent_ += count;
      return count;
    }
    const auto left = hop_.request.body->size - sent_;
    if (left == 0) {
      return std::size_t{0};
    }
    KF_TRY_ASSIGN(const std::size_t count,
                  source_->read(buffer.first(static_cast<std::size_t>(std::min<std::uint64_t>(left, buffer.size())))));
    if (count == 0) {
      return fail(ExitCode::integrity, "{}: what is to be sent ends {} bytes early", redacted(hop_.url.text()), left);
    }
    sent_ += count;
    return count;
  }

  const Hop& hop_;
  Receiver& receiver_;
  std::unique_ptr<Source> source_;
  std::uint64_t sent_ = 0;
  std::size_t header_bytes_ = 0;
  std::uint64_t error_body_ = 0;
  bool head_complete_ = false;
};

void set_method(CURL* handle, const Request& request) {
  const bool has_body = request.body || !request.content.empty();
  if (request.method == Method::head) {
    curl_easy_setopt(handle, CURLOPT_NOBODY, 1L);
    return;
  }
  if (has_body || request.method == Method::post || request.method == Method::put || request.method == Method::patch) {
    const auto size = request.body ? request.body->size : request.content.size();
    curl_easy_setopt(handle, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(handle, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(size));
    curl_easy_setopt(handle, CURLOPT_UPLOAD_BUFFERSIZE, k_buffer);
  }
  if (request.method != Method::get) {
    curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, std::string(method_name(request.method)).c_str());
  }
}

CURLcode set_up_tls(CURL* /*handle*/, void* given, void* authorities) {
  auto* context = static_cast<ssl_ctx_st*>(given);
  refuse_weak(context);
  return static_cast<const Authorities*>(authorities)->apply(context) ? CURLE_OK : CURLE_OUT_OF_MEMORY;
}

void set_trust(CURL* handle, const Trust& trust) {
  curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(handle, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  // Set again after each reset, which brings the distribution's defaults back.
  curl_easy_setopt(handle, CURLOPT_CAINFO, nullptr);
  curl_easy_setopt(handle, CURLOPT_CAPATH, nullptr);
  curl_easy_setopt(handle, CURLOPT_SSL_CTX_FUNCTION, &set_up_tls);
  curl_easy_setopt(handle, CURLOPT_SSL_CTX_DATA, trust.authorities.get());
  if (!trust.client_certificate.empty()) {
    curl_easy_setopt(handle, CURLOPT_SSLCERT, trust.client_certificate.c_str());
    curl_easy_setopt(handle, CURLOPT_SSLKEY, trust.client_key.c_str());
  }
}

void set_limits(CURL* handle, const Hop& hop) {
  const auto& options = hop.options;
  const auto idle = hop.request.idle_timeout.count() > 0 ? hop.request.idle_timeout : options.idle_timeout;
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT, static_cast<long>(options.connect_timeout.count()));
  curl_easy_setopt(handle, CURLOPT_LOW_SPEED_LIMIT, static_cast<long>(options.slowest));
  curl_easy_setopt(handle, CURLOPT_LOW_SPEED_TIME, static_cast<long>(idle.count()));
  curl_easy_setopt(handle, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(handle, CURLOPT_BUFFERSIZE, k_buffer);
  curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, hop.url.is_https() ? "https" : "http");
  curl_easy_setopt(handle, CURLOPT_REDIR_PROTOCOLS_STR, "https");
  curl_easy_setopt(handle, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(handle, CURLOPT_HTTP_VERSION,
                   static_cast<long>(hop.version == HttpVersion::any ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1));
  if (options.proxy == Proxy::none) {
    curl_easy_setopt(handle, CURLOPT_PROXY, "");
  }
}

Status set_headers(CURL* handle, const Hop& hop, HeaderLines& lines) {
  bool good = lines.add("Expect:");  // a registry that answers 100 late would cost a second a blob
  for (const auto& [name, value] : hop.headers.fields()) {
    if (!is_safe_header_value(name) || !is_safe_header_value(value)) {
      return fail(equals_ignoring_case(name, "Authorization") ? ExitCode::auth : ExitCode::network,
                  "{}: header {} holds characters that cannot be sent", hop.url.authority(), printable(name));
    }
    good = good && lines.add(fmt::format("{}: {}", name, value));
  }
  if (!good) {
    return fail(ExitCode::limit, "out of memory");
  }
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, lines.get());
  curl_easy_setopt(handle, CURLOPT_USERAGENT, hop.options.user_agent.c_str());
  return {};
}

}  // namespace

Outcome transfer(CURL* handle, const Hop& hop, Receiver& receiver) {
  Callbacks callbacks(hop, receiver);
  HeaderLines lines;
  std::array<char, CURL_ERROR_SIZE> details{};
  callbacks.response.url = hop.url.text();
  if (auto status = set_headers(handle, hop, lines); !status) {
    return {{}, std::move(status).error(), Transient::no};
  }
  if (auto status = callbacks.rewind(); !status) {
    return {{}, std::move(status).error(), Transient::no};
  }
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, details.data());
  curl_easy_setopt(handle, CURLOPT_URL, callbacks.response.url.c_str());
  curl_easy_setopt(handle, CURLOPT_PATH_AS_IS, 1L);
  set_method(handle, hop.request);
  set_trust(handle, hop.trust);
  set_limits(handle, hop);
  callbacks.attach(handle);

  const CURLcode code = curl_easy_perform(handle);
  long verify_result = 0;
  curl_easy_getinfo(handle, CURLINFO_SSL_VERIFYRESULT, &verify_result);
  // Everything set above points into this frame.
  curl_easy_reset(handle);

  Outcome outcome{std::move(callbacks.response), {}, Transient::no};
  if (callbacks.error) {
    outcome.error = std::move(callbacks.error);
  } else if (hop.request.stop.stop_requested() && code != CURLE_OK) {
    outcome.error = Error{ExitCode::interrupted, "interrupted", {}, {}};
  } else if (code != CURLE_OK && !callbacks.complete) {
    // A server that refuses an upload may answer and close while we still send: the answer is what counts.
    if (outcome.response.status < 400) {
      const std::string_view text(details.data());
      outcome.error = transfer_error(code, verify_result, text, hop.url);
      outcome.transient = transience(code, text);
    }
  } else if (outcome.response.status == 0) {
    outcome.error = Error{ExitCode::network, fmt::format("{}: the answer is no HTTP", hop.url.authority()), {}, {}};
  }
  return outcome;
}

}  // namespace kubeferry::net

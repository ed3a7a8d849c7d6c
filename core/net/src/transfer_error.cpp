// SPDX-License-Identifier: Apache-2.0
#include "transfer.hpp"

#include <kubeferry/base/text.hpp>
#include <kubeferry/net/header_values.hpp>

#include "engine.hpp"

namespace kubeferry::net {
namespace {

struct Explanation {
  std::string_view problem;
  std::string_view hint;
};

// The numbers are X509_V_ERR_* of OpenSSL, whose headers belong to core/crypto; they are part of its ABI.
Explanation explain_certificate(long verify_result) {
  switch (verify_result) {
    case 9:
      return {"its certificate is not valid yet", "check this machine's clock, then the certificate's start date"};
    case 10:
      return {"its certificate has expired",
              "have the certificate renewed; if it is good, this machine's clock is wrong"};
    case 18: return {"its certificate is self-signed", "give that certificate as the endpoint's CA file"};
    case 19:
    case 2:
    case 20:
    case 21:
      return {"its certificate is signed by an unknown authority",
              "give the authority's certificate as the endpoint's CA file"};
    case 23: return {"its certificate is revoked", "have a new certificate issued"};
    case 62:
    case 64: return {"its certificate is for another host", "use the name that the certificate is made for"};
    case 66:
    case 67:
    case 68:
      return {"its certificate uses a key or signature that is too weak",
              "have it reissued with RSA 2048, ECDSA P-256 or better, and SHA-256"};
    default:
      return {"its certificate cannot be verified", "inspect it with: openssl s_client -connect HOST:PORT -showcerts"};
  }
}

bool wants_client_certificate(std::string_view details) {
  return details.find("certificate required") != std::string_view::npos ||
         details.find("bad certificate") != std::string_view::npos ||
         (details.find("handshake failure") != std::string_view::npos &&
          details.find("alert") != std::string_view::npos);
}

constexpr std::string_view k_bad_proxy = "Unsupported proxy";
constexpr std::string_view k_no_tunnel = "CONNECT tunnel failed, response ";
constexpr std::string_view k_no_connection = "Failed to connect to ";

int tunnel_status(std::string_view details) {
  return static_cast<int>(parse_decimal(trim(details.substr(k_no_tunnel.size()))).value_or(0) % 1000);
}

// libcurl gives a proxy's failures the codes of the server behind it; only its words tell them apart.
std::optional<Error> proxy_error(std::string_view details, const Url& url) {
  const std::string where = url.authority();
  if (details.starts_with(k_bad_proxy)) {
    // libcurl's words hold the whole URL, and so the password.
    return Error{ExitCode::usage,
                 fmt::format("{}: the proxy's URL cannot be used", where),
                 "HTTPS_PROXY (http_proxy for plain http) is http://HOST:PORT or http://USER:PASSWORD@HOST:PORT, "
                 "with %2F for / and the like",
                 {}};
  }
  if (details.starts_with(k_no_tunnel)) {
    return tunnel_status(details) == 407
               ? Error{ExitCode::auth,
                       fmt::format("{}: the proxy wants credentials ({})", where, printable(details)),
                       "put them into the URL in HTTPS_PROXY",
                       {}}
               : Error{ExitCode::network,
                       fmt::format("{}: the proxy refuses the connection ({})", where, printable(details)),
                       "ask who runs the proxy, or name the host in NO_PROXY",
                       {}};
  }
  if (details.starts_with(k_no_connection) &&
      !details.starts_with(fmt::format("{}{} port {} ", k_no_connection, url.host, url.port))) {
    return Error{ExitCode::network,
                 fmt::format("{}: no connection to the proxy ({})", where, printable(details)),
                 "check HTTPS_PROXY (http_proxy for plain http) and NO_PROXY",
                 {}};
  }
  return std::nullopt;
}

}  // namespace

Error transfer_error(CURLcode code, long verify_result, std::string_view details, const Url& url) {
  const std::string where = url.authority();
  const std::string said = printable(details.empty() ? std::string_view(curl_easy_strerror(code)) : details);
  const auto tls = [&](std::string_view problem, std::string_view hint) {
    return Error{ExitCode::tls, fmt::format("TLS to {}: {} ({})", where, problem, said), std::string(hint), {}};
  };
  const auto network = [&](std::string_view problem, std::string_view hint) {
    return Error{ExitCode::network, fmt::format("{}: {} ({})", where, problem, said), std::string(hint), {}};
  };
  if (url.is_https() && details.find("certificate required") != std::string_view::npos) {
    return tls("the server wants a client certificate", "give the endpoint a client certificate and its key");
  }
  if (auto error = proxy_error(details, url)) {
    return std::move(*error);
  }
  // libcurl has a hundred codes; these have words of their own.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wswitch-enum"
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return network("the name cannot be resolved", "check the name, DNS and the proxy settings of this machine");
    case CURLE_COULDNT_RESOLVE_PROXY:
      return network("the proxy's name cannot be resolved", "check HTTPS_PROXY and NO_PROXY");
    case CURLE_COULDNT_CONNECT: return network("no connection", "check address and port, firewall and proxy settings");
    case CURLE_OPERATION_TIMEDOUT:
      return network("nothing arrived in time", "the server or the network is too slow or blocked; try again later");
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
      return network("the connection broke off", "run the command again: what is complete is not fetched twice");
    case CURLE_PEER_FAILED_VERIFICATION: {
      // libcurl compares the host name itself, and leaves OpenSSL's result as it was.
      const bool other_host = details.find("subject name") != std::string_view::npos;
      const auto explained = explain_certificate(other_host ? 62 : verify_result);
      return tls(explained.problem, explained.hint);
    }
    case CURLE_SSL_CACERT_BADFILE:
      return tls("the trusted certificates cannot be read", "check the endpoint's CA file: PEM, readable, not empty");
    case CURLE_SSL_CERTPROBLEM:
      return tls("our client certificate or its key cannot be used", "check that both are PEM and belong together");
    case CURLE_SSL_CLIENTCERT:
      return tls("the server wants a client certificate", "give the endpoint a client certificate and its key");
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ENGINE_INITFAILED:
      if (wants_client_certificate(details)) {
        return tls("the server refused the handshake",
                   "it may want a client certificate, or offer no cipher we accept");
      }
      if (details.find("protocol version") != std::string_view::npos ||
          details.find("unsupported protocol") != std::string_view::npos) {
        return tls("no common TLS version", "the server must offer TLS 1.2 or 1.3");
      }
      if (details.find("wrong version number") != std::string_view::npos) {
        return tls("that port does not speak TLS",
                   "check the port, or mark the host as plain http if it is meant to be");
      }
      return tls("the handshake failed", "check that the port speaks TLS and that nothing in between cuts it off");
    default: return network("the transfer failed", "");
  }
#pragma GCC diagnostic pop
}

Transient transience(CURLcode code, std::string_view details) {
  if (details.starts_with(k_bad_proxy)) {
    return Transient::no;
  }
  if (details.starts_with(k_no_tunnel)) {
    return is_transient_status(tunnel_status(details)) ? Transient::yes : Transient::no;
  }
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wswitch-enum"
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT: return Transient::briefly;
    case CURLE_SSL_CONNECT_ERROR:
      return details.find("SYSCALL") != std::string_view::npos || details.find("reset") != std::string_view::npos
                 ? Transient::briefly
                 : Transient::no;
    case CURLE_RECV_ERROR:
      return details.find("certificate required") != std::string_view::npos ? Transient::no : Transient::yes;
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM: return Transient::yes;
    default: return Transient::no;
  }
#pragma GCC diagnostic pop
}

}  // namespace kubeferry::net

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include <kubeferry/registry_server/request.hpp>
#include <kubeferry/registry_server/response.hpp>

#include "shared.hpp"

namespace kubeferry::registry_server {

/// One request and the sending of its response: what is left, what comes next. Counts itself while it sends a blob, and
/// writes its line to the log when it ends, finished or not.
class Exchange {
public:
  Exchange(Shared& shared, std::string client, Request request, Response response);
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  ~Exchange();

  /// The head and as much of the body as fits a piece. When the content fails at the first byte, the response becomes
  /// a 500: nothing has been promised yet.
  [[nodiscard]] Buffer first_piece(bool sends_files);

  /// The next piece of the body; precondition: left() > 0. Fails as the content does.
  Result<Buffer> next_piece();

  /// Where the rest may be sent from without copying.
  [[nodiscard]] std::optional<FileSpan> file_span() const;

  void advance(std::uint64_t bytes);
  [[nodiscard]] std::uint64_t left() const noexcept { return left_; }
  [[nodiscard]] bool keep_alive() const noexcept { return keep_alive_; }
  void finished() noexcept { finished_ = true; }

private:
  Status append_piece(Buffer& out);
  void prepare();

  Shared& shared_;
  std::string client_;
  Request request_;
  Response response_;
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  std::uint64_t next_ = 0;
  std::uint64_t left_ = 0;
  std::uint64_t sent_ = 0;
  bool keep_alive_ = false;
  bool counted_ = false;
  bool finished_ = false;
};

/// The log's line for a request: "CLIENT METHOD TARGET STATUS BYTES MILLISECONDSms", control characters made visible,
/// an overlong target cut.
[[nodiscard]] std::string log_line(std::string_view client, const Request& request, unsigned status,
                                   std::uint64_t bytes, std::chrono::milliseconds took, bool finished);

}  // namespace kubeferry::registry_server

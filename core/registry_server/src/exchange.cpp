// SPDX-License-Identifier: Apache-2.0
#include "exchange.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include <kubeferry/base/text.hpp>

namespace kubeferry::registry_server {

Exchange::Exchange(Shared& shared, std::string client, Request request, Response response)
    : shared_(shared), client_(std::move(client)), request_(std::move(request)), response_(std::move(response)) {
  prepare();
}

void Exchange::prepare() {
  keep_alive_ = request_.keep_alive && !response_.close && !shared_.stopping;
  next_ = response_.first;
  left_ = request_.method == Method::head || response_.status == 304 ? 0 : response_.content_length();
  if (response_.blob && left_ != 0 && !counted_) {
    counted_ = true;
    ++shared_.transfers;
  }
}

Exchange::~Exchange() {
  if (counted_) {
    --shared_.transfers;
  }
  if (finished_ && request_.method == Method::get && !response_.pulled.empty() && response_.status < 300) {
    shared_.pulls.record(client_, response_.pulled, response_.blob ? Pull::blob : Pull::manifest, sent_);
  }
  if (shared_.options.log) {
    const auto took =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - started_);
    shared_.log(log_line(client_, request_, response_.status, sent_, took, finished_));
  }
}

Status Exchange::append_piece(Buffer& out) {
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left_, piece_bytes(shared_.transfers)));
  if (response_.blob) {
    KF_TRY(response_.blob->read_at(next_, out.extend(count)));
  } else {
    out.append(as_byte_view(response_.body).subspan(static_cast<std::size_t>(next_), count));
  }
  advance(count);
  return {};
}

Buffer Exchange::first_piece(bool sends_files) {
  const auto start = [&] {
    const std::string head = head_text(response_, keep_alive_);
    const std::uint64_t body = std::min<std::uint64_t>(left_, piece_bytes(shared_.transfers));
    Buffer out = shared_.buffers.take(head.size() + static_cast<std::size_t>(body));
    out.append(as_byte_view(head));
    return out;
  };
  if (sends_files && left_ != 0 && file_span()) {
    const std::string head = head_text(response_, keep_alive_);
    Buffer out = shared_.buffers.take(head.size());
    out.append(as_byte_view(head));
    return out;
  }
  Buffer out = start();
  if (left_ != 0 && !append_piece(out)) {
    response_ = error_response(500, ErrorCode::unknown, "the content cannot be read; see the server's log");
    prepare();
    out = start();
    out.append(as_byte_view(response_.body));
    advance(left_);
  }
  return out;
}

Result<Buffer> Exchange::next_piece() {
  Buffer out =
      shared_.buffers.take(static_cast<std::size_t>(std::min<std::uint64_t>(left_, piece_bytes(shared_.transfers))));
  KF_TRY(append_piece(out));
  return out;
}

std::optional<FileSpan> Exchange::file_span() const {
  return response_.blob ? response_.blob->span_at(next_) : std::nullopt;
}

void Exchange::advance(std::uint64_t bytes) {
  next_ += bytes;
  left_ -= bytes;
  sent_ += bytes;
}

std::string log_line(std::string_view client, const Request& request, unsigned status, std::uint64_t bytes,
                     std::chrono::milliseconds took, bool finished) {
  constexpr std::size_t k_longest_target = 512;
  constexpr std::size_t k_longest_method = 32;
  const auto cut = [](const std::string& text, std::size_t longest) {
    return printable(std::string_view(text).substr(0, longest)) + (text.size() > longest ? "…" : "");
  };
  return fmt::format("{} {} {} {} {} {}ms{}", printable(client), cut(request.method_name, k_longest_method),
                     cut(request.target, k_longest_target), status, bytes, took.count(), finished ? "" : " aborted");
}

}  // namespace kubeferry::registry_server

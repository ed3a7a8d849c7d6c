// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/base/stream.hpp>

#include <algorithm>

namespace kubeferry {

namespace {
constexpr std::size_t k_copy_bytes = std::size_t{64} * 1024;
}

Result<std::size_t> MemorySource::read(MutableByteView buffer) {
  const std::size_t count = std::min(buffer.size(), rest_.size());
  std::copy_n(rest_.begin(), count, buffer.begin());
  rest_ = rest_.subspan(count);
  return count;
}

Status MemorySink::write(ByteView bytes) {
  if (bytes.size() > limit_ - bytes_.size()) {
    return fail(ExitCode::limit, "more than {} bytes", limit_);
  }
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  return {};
}

Result<std::uint64_t> copy_all(Source& source, Sink& sink) {
  Bytes buffer(k_copy_bytes);
  std::uint64_t total = 0;
  for (;;) {
    KF_TRY_ASSIGN(const std::size_t count, source.read(buffer));
    if (count == 0) {
      return total;
    }
    KF_TRY(sink.write(ByteView(buffer).first(count)));
    total += count;
  }
}

Result<Bytes> read_all(Source& source, std::uint64_t limit, std::string_view what) {
  MemorySink sink(limit);
  if (auto copied = copy_all(source, sink); !copied) {
    return Failure(std::move(copied.error()).prefixed(what));
  }
  return sink.take();
}

}  // namespace kubeferry

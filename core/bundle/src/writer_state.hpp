// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <kubeferry/archive/zstd_stream.hpp>
#include <kubeferry/base/fd.hpp>
#include <kubeferry/bundle/front.hpp>
#include <kubeferry/bundle/writer.hpp>
#include <kubeferry/crypto/hash_queue.hpp>

#include "chunk_hashes.hpp"
#include "write_journal.hpp"

namespace kubeferry::bundle {

struct Writer::State {
  State(std::filesystem::path target, WritePlan write_plan, Fd file, WriteJournal write_journal, std::uint64_t offset,
        std::uint64_t most)
      : path(std::move(target)),
        plan(std::move(write_plan)),
        fd(std::move(file)),
        journal(std::move(write_journal)),
        payload_offset(offset),
        hashes(fd.get(), offset, most, plan.chunk_size),
        done(plan.rows.size()),
        frames(plan.rows.size()) {}

  /// Writes at `position` of the payload and reports it to the chunk hashes.
  Status place(std::uint64_t position, ByteView bytes) {
    KF_TRY(write_all_at(fd.get(), payload_offset + position, bytes, name()));
    return hashes.wrote(position, bytes.size());
  }
  [[nodiscard]] std::string name() const { return path.native() + ".partial"; }

  std::filesystem::path path;
  WritePlan plan;
  Fd fd;
  WriteJournal journal;
  std::uint64_t payload_offset;
  ChunkHashes hashes;
  crypto::HashQueue blob_hashes;  ///< blobs arrive in parallel: their digests are computed side by side
  std::vector<std::atomic<bool>> done;
  std::vector<std::vector<archive::FrameSize>> frames;  ///< of compressed rows
  std::size_t next_compressed = 0;                      ///< the row that put() takes next
};

}  // namespace kubeferry::bundle

// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/bundle/writer.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include <kubeferry/archive/tar.hpp>
#include <kubeferry/base/atomic_file.hpp>
#include <kubeferry/base/space.hpp>
#include <kubeferry/base/text.hpp>
#include <kubeferry/base/version.hpp>
#include <kubeferry/bundle/encoding.hpp>
#include <kubeferry/bundle/layout.hpp>

#include "writer_state.hpp"

namespace kubeferry::bundle {

namespace {

std::uint64_t most_stored(const BlobRow& row) {
  const std::uint64_t pieces = (row.size + k_zstd_piece_bytes - 1) / k_zstd_piece_bytes;
  return pieces * archive::FrameCompressor::bound(k_zstd_piece_bytes);
}

std::uint64_t frame_count(const BlobRow& row) {
  std::vector<archive::FrameSize> frames;
  if (row.encoding == k_raw) {
    append_raw_frames(frames, row.size);
    return frames.size();
  }
  return (row.size + k_zstd_piece_bytes - 1) / k_zstd_piece_bytes;
}

/// The manifest as long as it can become.
Manifest longest(const WritePlan& plan) {
  Manifest manifest = plan.manifest;
  manifest.chunk_size = plan.chunk_size;
  manifest.blobs = plan.rows;
  std::uint64_t frames = k_front_frames + manifest.blobs.size() + 1;
  for (auto& row : manifest.blobs) {
    row.stored = row.encoding == k_raw ? row.stored : most_stored(row);
    frames += frame_count(row);
  }
  const std::uint64_t end = place_rows(manifest.blobs);
  const std::uint64_t last = manifest.blobs.empty() ? 0 : manifest.blobs.back().size;
  manifest.payload_length = end + end_stored_bytes(last) + archive::seek_table_bytes(frames);
  manifest.chunks.resize(static_cast<std::size_t>((manifest.payload_length + plan.chunk_size - 1) / plan.chunk_size));
  return manifest;
}

/// What makes two runs the same work: everything that decides the bytes, and the program's version.
std::string plan_name(const WritePlan& plan, const Manifest& longest_manifest) {
  return crypto::Digest::of(as_byte_view(fmt::format("{} {} {}", k_version, plan.level, to_text(longest_manifest))))
      .hex();
}

Result<Fd> open_partial(const std::string& name) {
  KF_TRY_ASSIGN(Fd fd, open_file(name, O_RDWR | O_CREAT | O_NOFOLLOW, 0644));
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    return Failure(Error{ExitCode::locked,
                         fmt::format("{}: another kubeferry is writing this bundle", name),
                         "wait for it, or give another --output",
                         {}});
  }
  return fd;
}

}  // namespace

SizeBounds size_bounds(const WritePlan& plan) {
  const Manifest manifest = longest(plan);
  const std::uint64_t offset = payload_offset_for(to_text(manifest).size());
  std::uint64_t compressed = 0;
  for (std::size_t n = plan.fixed; n < plan.rows.size(); ++n) {
    compressed += most_stored(plan.rows[n]);
  }
  return {offset + manifest.payload_length - compressed, offset + manifest.payload_length};
}

Writer::Writer(std::unique_ptr<State> state) : state_(std::move(state)) {}
Writer::~Writer() = default;

Result<std::unique_ptr<Writer>> Writer::open(const std::filesystem::path& path, WritePlan plan) {
  const std::string name = path.native() + ".partial";
  const Manifest most = longest(plan);
  const SizeBounds bounds = size_bounds(plan);
  KF_TRY_ASSIGN(Fd fd, open_partial(name));
  KF_TRY(check_fits(fd.get(), bounds.least, name));
  KF_TRY_ASSIGN(WriteJournal journal, WriteJournal::open(name + ".journal", plan_name(plan, most)));
  if (!journal.resumed() && ::ftruncate(fd.get(), 0) != 0) {
    return fail_errno(errno, name);
  }
  place_rows(plan.rows);
  std::unique_ptr<Writer> writer(
      new Writer(std::make_unique<State>(path, std::move(plan), std::move(fd), std::move(journal),
                                         payload_offset_for(to_text(most).size()), most.payload_length)));
  KF_TRY(writer->write_known());
  KF_TRY(writer->resume_compressed());
  return writer;
}

Status Writer::write_known() {
  State& state = *state_;
  std::uint64_t previous = 0;
  for (std::size_t row = 0; row < state.plan.fixed; ++row) {
    const BlobRow& blob = state.plan.rows[row];
    KF_TRY_ASSIGN(const Bytes glue, glue_before(blob, previous));
    KF_TRY(state.place(blob.offset - glue.size(), glue));
    previous = blob.size;
  }
  for (const auto& [row, content] : state.plan.known) {
    const auto slot = fresh_slot(row);
    KF_TRY(slot->write(content));
    KF_TRY(slot->finish());
  }
  return {};
}

bool Writer::complete(std::size_t row) const { return state_->done[row]; }

Result<crypto::Digest> Writer::finish(const std::function<Result<std::string>(std::string_view)>& sign,
                                      std::size_t threads, const std::stop_token& stop) {
  State& state = *state_;
  std::vector<archive::FrameSize> frames;
  append_front_frames(frames, state.payload_offset);
  std::uint64_t previous = 0;
  for (std::size_t row = 0; row < state.plan.rows.size(); ++row) {
    const BlobRow& blob = state.plan.rows[row];
    if (!state.done[row]) {
      return fail(ExitCode::bug, "the bundle lacks {}", blob.tar_name());
    }
    append_raw_frames(frames, archive::tar_padding(previous) + archive::k_tar_block_bytes);
    if (row < state.plan.fixed) {
      append_raw_frames(frames, blob.size);
    } else {
      frames.insert(frames.end(), state.frames[row].begin(), state.frames[row].end());
    }
    previous = blob.size;
  }
  append_raw_frames(frames, archive::tar_padding(previous) + archive::k_tar_end_bytes);
  const std::uint64_t end = place_rows(state.plan.rows);
  Bytes tail = glue_at_end(previous);
  const Bytes table = archive::seek_table(frames);
  tail.insert(tail.end(), table.begin(), table.end());
  KF_TRY(state.place(end, tail));

  Manifest manifest = state.plan.manifest;
  manifest.blobs = state.plan.rows;
  manifest.chunk_size = state.plan.chunk_size;
  manifest.payload_length = end + tail.size();
  KF_TRY_ASSIGN(manifest.chunks, state.hashes.finish(manifest.payload_length, threads, stop));
  const std::string text = to_text(manifest);
  KF_TRY_ASSIGN(const std::string envelope, sign(text));
  KF_TRY_ASSIGN(const Bytes front, encode_front({.payload_offset = state.payload_offset,
                                                 .payload_length = manifest.payload_length,
                                                 .envelope_capacity = k_envelope_capacity},
                                                envelope, text));
  KF_TRY(write_all_at(state.fd.get(), 0, front, state.name()));
  if (::ftruncate(state.fd.get(), static_cast<off_t>(state.payload_offset + manifest.payload_length)) != 0 ||
      ::fsync(state.fd.get()) != 0 || ::rename(state.name().c_str(), state.path.c_str()) != 0) {
    return fail_errno(errno, state.name());
  }
  KF_TRY(sync_parent_directory(state.path));
  ::unlink((state.name() + ".journal").c_str());
  return crypto::Digest::of(as_byte_view(text));
}

}  // namespace kubeferry::bundle

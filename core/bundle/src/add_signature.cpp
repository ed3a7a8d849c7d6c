// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/bundle/add_signature.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include <kubeferry/base/atomic_file.hpp>
#include <kubeferry/bundle/front.hpp>
#include <kubeferry/crypto/dsse.hpp>

namespace kubeferry::bundle {

namespace {

constexpr std::uint64_t k_copy_bytes = std::uint64_t{16} * 1024 * 1024;

struct Opened {
  FileRandomSource file;
  Front front;
  Signable signable;
};

Result<Opened> open_signable(const std::filesystem::path& path) {
  KF_TRY_ASSIGN(FileRandomSource file, FileRandomSource::open(path));
  KF_TRY_ASSIGN(Front front, read_front(file, path.native()));
  auto manifest = parse_manifest(front.manifest);
  if (!manifest) {
    return Failure(std::move(manifest).error().prefixed(path.native()));
  }
  const std::uint64_t promised = front.header.payload_offset + manifest->payload_length;
  if (front.header.payload_length != manifest->payload_length || file.size() != promised) {
    return fail(ExitCode::format, "{}: has {} bytes, and its manifest says {}", path.native(), file.size(), promised);
  }
  const ByteView text = as_byte_view(front.manifest);
  Signable signable{crypto::pae(k_payload_type, text), std::move(*manifest), crypto::Digest::of(text)};
  return Opened{std::move(file), std::move(front), std::move(signable)};
}

/// One piece from one file to the other at the same offset, by the kernel where it can: file systems that share
/// extents then copy nothing at all.
Status copy_piece(const FileRandomSource& from, int to, std::uint64_t offset, std::uint64_t length,
                  std::string_view what) {
  auto in = static_cast<off64_t>(offset);
  auto out = static_cast<off64_t>(offset);
  while (length > 0) {
    const ssize_t count = ::copy_file_range(from.fd(), &in, to, &out, static_cast<std::size_t>(length), 0);
    if (count > 0) {
      length -= static_cast<std::uint64_t>(count);
      continue;
    }
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count < 0 && (errno == ENOSPC || errno == EDQUOT || errno == EIO)) {
      return fail_errno(errno, what);
    }
    Bytes buffer(static_cast<std::size_t>(length));
    KF_TRY(from.read_at(static_cast<std::uint64_t>(in), buffer));
    return write_all_at(to, static_cast<std::uint64_t>(out), buffer, what);
  }
  return {};
}

Status copy_payload(const Opened& opened, int to, const std::stop_token& stop, std::string_view what) {
  const std::uint64_t end = opened.file.size();
  for (std::uint64_t at = opened.front.header.payload_offset; at < end; at += k_copy_bytes) {
    if (stop.stop_requested()) {
      return fail(ExitCode::interrupted, "stopped");
    }
    KF_TRY(copy_piece(opened.file, to, at, std::min(k_copy_bytes, end - at), what));
  }
  return {};
}

Result<crypto::Envelope> with_signature(const Opened& opened, const NewSignature& added) {
  KF_TRY_ASSIGN(crypto::Envelope envelope, crypto::Envelope::parse(opened.front.envelope, "its envelope"));
  if (envelope.payload_type != k_payload_type) {
    return fail(ExitCode::signature, "its envelope is for \"{}\"", envelope.payload_type);
  }
  const std::string& key_id = added.key.key_id();
  if (!added.key.verify(opened.signable.pae, added.signature)) {
    return Failure(Error{ExitCode::signature,
                         fmt::format("the signature is not one of this bundle by key {}", key_id),
                         "sign the very bytes that `kubeferry sign FILE --pae-out` writes, as they are",
                         {}});
  }
  std::erase_if(envelope.signatures, [&](const crypto::EnvelopeSignature& old) { return old.key_id == key_id; });
  if (envelope.signatures.size() >= crypto::k_max_envelope_signatures) {
    return fail(ExitCode::limit, "a bundle holds at most {} signatures", crypto::k_max_envelope_signatures);
  }
  envelope.signatures.push_back({key_id, added.signature});
  return envelope;
}

}  // namespace

Result<Signable> read_signable(const std::filesystem::path& path) {
  KF_TRY_ASSIGN(Opened opened, open_signable(path));
  return std::move(opened.signable);
}

Status add_signature(const std::filesystem::path& path, const std::filesystem::path& output, const NewSignature& added,
                     const std::stop_token& stop) {
  KF_TRY_ASSIGN(const Opened opened, open_signable(path));
  auto envelope = with_signature(opened, added);
  if (!envelope) {
    return Failure(std::move(envelope).error().prefixed(path.native()));
  }
  KF_TRY_ASSIGN(const Bytes front, encode_front(opened.front.header, envelope->to_text(), opened.front.manifest));
  struct stat info {};
  if (::fstat(opened.file.fd(), &info) != 0) {
    return fail_errno(errno, path.native());
  }
  std::error_code ignored;
  const bool same = output == path || std::filesystem::equivalent(path, output, ignored);
  KF_TRY_ASSIGN(AtomicFile file,
                AtomicFile::create(output, info.st_mode & 0777U, same ? Replace::allowed : Replace::refused));
  KF_TRY(copy_payload(opened, file.fd(), stop, output.native()));
  KF_TRY(write_all_at(file.fd(), 0, front, output.native()));
  return file.commit();
}

}  // namespace kubeferry::bundle

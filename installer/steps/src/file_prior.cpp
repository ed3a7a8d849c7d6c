// SPDX-License-Identifier: Apache-2.0
#include "file_prior.hpp"

namespace kubeferry::steps {

namespace {

Attributes read_attributes(const JsonView& view) {
  const auto number = [&](std::string_view key) { return view.unsigned_integer(key).value_or(0); };
  const auto* seconds = view.value().find("mtime") == nullptr ? nullptr : view.value().find("mtime")->as_integer();
  return {.mode = static_cast<mode_t>(number("mode")),
          .uid = static_cast<uid_t>(number("uid")),
          .gid = static_cast<gid_t>(number("gid")),
          .modified = timespec{.tv_sec = static_cast<time_t>(seconds == nullptr ? 0 : *seconds),
                               .tv_nsec = static_cast<long>(number("mtime_ns"))}};
}

void put_attributes(Json& json, const Attributes& attributes) {
  json.set("mode", std::uint64_t{attributes.mode});
  json.set("uid", std::uint64_t{attributes.uid}).set("gid", std::uint64_t{attributes.gid});
  if (attributes.modified) {
    json.set("mtime", std::int64_t{attributes.modified->tv_sec});
    json.set("mtime_ns", std::int64_t{attributes.modified->tv_nsec});
  }
}

}  // namespace

Result<FilePrior> capture_prior(const host::Host& host, const std::string& path, Backups& backups) {
  FilePrior prior;
  KF_TRY_ASSIGN(const Way way, way_to(host, parent_of(path)));
  prior.made = way.missing;
  KF_TRY_ASSIGN(const auto place, find_place(host, path));
  if (!place) {
    return prior;
  }
  KF_TRY_ASSIGN(const Seen seen, look(*place));
  prior.what = seen.what;
  prior.attributes = attributes_of(seen.info);
  if (seen.what == Seen::What::link) {
    prior.link = seen.link;
  } else if (seen.what == Seen::What::file) {
    KF_TRY_ASSIGN(const Fd fd, open_regular(*place));
    FdSource source(fd.get(), path);
    KF_TRY_ASSIGN(prior.backup, backups.keep(source));
  } else if (seen.what != Seen::What::nothing) {
    return Failure(Error{ExitCode::io,
                         fmt::format("{}: there is a directory or device where a file has to go", path),
                         fmt::format("look at it, and move it away: mv {0} {0}.old", path),
                         {}});
  }
  return prior;
}

Json to_json(const FilePrior& prior) {
  Json json = Json::object();
  if (prior.what == Seen::What::file) {
    json.set("was", "file").set("backup", prior.backup);
    put_attributes(json, prior.attributes);
  } else if (prior.what == Seen::What::link) {
    json.set("was", "link").set("link", prior.link);
    put_attributes(json, prior.attributes);
  } else {
    json.set("was", "nothing");
  }
  json.set("made", to_json(prior.made));
  return json;
}

Result<FilePrior> parse_prior(const Json& json) {
  const JsonView view(json, "prior");
  FilePrior prior;
  prior.made = texts_of(json.find("made"));
  KF_TRY_ASSIGN(const std::string was, view.string("was"));
  if (was == "nothing") {
    return prior;
  }
  prior.attributes = read_attributes(view);
  if (was == "link") {
    prior.what = Seen::What::link;
    KF_TRY_ASSIGN(prior.link, view.string("link"));
  } else {
    prior.what = Seen::What::file;
    KF_TRY_ASSIGN(prior.backup, view.string("backup"));
  }
  return prior;
}

Result<bool> is_any_of(const Place& place, const std::vector<std::string>& digests) {
  for (const auto& text : digests) {
    KF_TRY_ASSIGN(const auto expected, crypto::Digest::parse(text));
    KF_TRY_ASSIGN(const auto digest, digest_of(place, expected.algorithm()));
    if (digest == expected) {
      return true;
    }
  }
  return false;
}

Status restore_prior(const Place& place, const FilePrior& prior, const Backups& backups) {
  if (prior.what == Seen::What::nothing) {
    return remove_file(place);
  }
  if (prior.what == Seen::What::link) {
    return write_new_link(place, prior.link, prior.attributes);
  }
  KF_TRY_ASSIGN(const auto source, backups.open(prior.backup));
  KF_TRY_ASSIGN(NewFile file, NewFile::create(place));
  KF_TRY(copy_all(*source, file));
  return file.publish(prior.attributes);
}

}  // namespace kubeferry::steps

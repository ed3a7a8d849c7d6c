// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/stat.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/base/fd.hpp>
#include <kubeferry/base/json.hpp>
#include <kubeferry/base/result.hpp>
#include <kubeferry/host/host.hpp>

// Paths of a host, opened component by component below its root, so that nobody can swap what leads to a file.
//
// A symbolic link in a directory that root alone can write was put there by root (/usr/local/bin on some systems) and
// is followed, staying below the root. In a directory that others can write, and below it, links are refused: io error.
namespace kubeferry::steps {

/// A name in a directory that is held open. The name itself is never followed.
struct Place {
  std::string path;  ///< on the host, for messages
  Fd directory;
  std::string name;
};

/// A directory as far as it exists: the last one there, and which ones are missing below it, as paths on the host.
struct Way {
  Fd directory;
  std::vector<std::string> missing;
};

/// `path` must be absolute without "." and ".." (bug error otherwise). io error when something else than a directory is
/// in the way, or a link that leads nowhere.
Result<Way> way_to(const host::Host& host, std::string_view path);
/// Nothing when the directory of `path` is missing.
Result<std::optional<Place>> find_place(const host::Host& host, const std::string& path);
/// Makes missing parents (0755), durably.
Result<Place> make_place(const host::Host& host, const std::string& path);
/// Makes `path` with `mode`, its missing parents with 0755, durably. One that exists is left as it is.
Result<Fd> make_directory(const host::Host& host, const std::string& path, mode_t mode);

/// Takes away those directories that undo may remove: the paths in `made`, innermost last, when they are empty. One
/// that is not is left with a warning.
Status remove_made(const host::Host& host, const std::vector<std::string>& made,
                   const std::function<void(std::string_view)>& warning);

/// What is at a place.
struct Seen {
  enum class What { nothing, file, link, directory, other };
  What what = What::nothing;
  struct stat info {};
  std::string link;  ///< where a link points
};
Result<Seen> look(const Place& place);

/// Removes a file or link at `place`, durably; no error when there is none.
Status remove_file(const Place& place);
Status sync_directory(const Place& place);

/// The name under which a file or directory is made before it gets its own: found again by whoever goes on or undoes.
[[nodiscard]] std::string temporary_name(std::string_view name);
[[nodiscard]] bool has_leftover(const Place& place);
/// Removes what a killed run left under the temporary name of `place`.
Status remove_leftover(const Place& place);

[[nodiscard]] std::string parent_of(std::string_view path);
[[nodiscard]] Json to_json(const std::vector<std::string>& texts);
[[nodiscard]] std::vector<std::string> texts_of(const Json* value);

}  // namespace kubeferry::steps

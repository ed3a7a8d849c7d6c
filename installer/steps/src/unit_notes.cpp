// SPDX-License-Identifier: Apache-2.0
#include "unit_notes.hpp"

#include <kubeferry/steps/step.hpp>

#include "new_file.hpp"
#include "place.hpp"

namespace kubeferry::steps {

namespace {

constexpr std::uint64_t k_largest_note = std::uint64_t{1} << 20;

std::string path_of(const std::string& unit, std::string_view what) {
  return fmt::format("{}/units/{}.{}", k_state_directory, unit, what);
}

}  // namespace

Result<std::optional<std::string>> unit_note(const host::Host& host, const std::string& unit, std::string_view what) {
  KF_TRY_ASSIGN(const auto place, find_place(host, path_of(unit, what)));
  if (!place) {
    return std::nullopt;
  }
  KF_TRY_ASSIGN(const Seen seen, look(*place));
  if (seen.what == Seen::What::nothing) {
    return std::nullopt;
  }
  KF_TRY_ASSIGN(const Fd fd, open_regular(*place));
  FdSource source(fd.get(), place->path);
  KF_TRY_ASSIGN(const Bytes bytes, read_all(source, k_largest_note, place->path));
  return std::string(as_text(bytes));
}

Status write_unit_note(const host::Host& host, const std::string& unit, std::string_view what, std::string_view text) {
  KF_TRY(make_directory(host, std::string(k_state_directory), 0700));
  const std::string path = path_of(unit, what);
  KF_TRY(make_directory(host, parent_of(path), 0700));
  KF_TRY_ASSIGN(const Place place, make_place(host, path));
  return write_new_file(place, text, root_owned(0600));
}

Status forget_unit_note(const host::Host& host, const std::string& unit, std::string_view what) {
  KF_TRY_ASSIGN(const auto place, find_place(host, path_of(unit, what)));
  if (!place) {
    return {};
  }
  KF_TRY(remove_leftover(*place));
  return remove_file(*place);
}

}  // namespace kubeferry::steps

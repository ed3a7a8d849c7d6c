// SPDX-License-Identifier: Apache-2.0
#include "registries.hpp"

#include <algorithm>

#include <kubeferry/installer/bundle_artifact.hpp>
#include <kubeferry/source/place_client.hpp>

namespace kubeferry::source {

namespace {

/// A descriptor's content comes as long as announced, which the caller has capped.
class BlobSink final : public net::RestartableSink {
public:
  explicit BlobSink(std::uint64_t size) { bytes_.reserve(static_cast<std::size_t>(size)); }

  Status write(ByteView bytes) override {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    return {};
  }
  Status restart() override {
    bytes_.clear();
    return {};
  }
  [[nodiscard]] Bytes take() noexcept { return std::move(bytes_); }

private:
  Bytes bytes_;
};

/// Whether another registry may do better.
bool worth_another(ExitCode code) {
  return code == ExitCode::network || code == ExitCode::tls || code == ExitCode::auth || code == ExitCode::integrity ||
         code == ExitCode::format || code == ExitCode::limit;
}

bool is_absent(const Error& error) {
  return std::ranges::find(error.detail, std::pair<std::string, std::string>("status", "404")) != error.detail.end();
}

Failure all_failed(std::vector<Error> errors) {
  if (errors.size() == 1) {
    return Failure(std::move(errors.front()));
  }
  const auto telling =
      std::find_if(errors.begin(), errors.end(), [](const Error& error) { return error.code != ExitCode::network; });
  const Error& main = telling == errors.end() ? errors.front() : *telling;
  std::string message = fmt::format("none of {} registries can give it: ", errors.size());
  for (const Error& error : errors) {
    message += (&error == &errors.front() ? "" : "; ") + error.message;
  }
  return Failure(Error{main.code, std::move(message), main.hint, main.detail});
}

}  // namespace

Result<std::shared_ptr<const Registries>> Registries::make(const RemoteOptions& options) {
  if (options.registries.empty()) {
    return fail(ExitCode::usage, "no registry is named that has the bundle");
  }
  std::shared_ptr<Registries> out(new Registries);
  out->warning_ = options.warning;
  PlaceAccess access{
      .ca_pem = options.ca_pem, .credentials = options.credentials, .http = options.http, .stop = options.stop};
  if (options.registries.size() > 1) {
    access.http.retry.attempts = std::min(access.http.retry.attempts, 2U);
  }
  for (const installer::RegistryPlace& place : options.registries) {
    Place added{{place.host, installer::bundle_repository(place.prefix)}, nullptr};
    KF_TRY_ASSIGN(added.client, client_of(place, access));
    out->places_.push_back(std::move(added));
  }
  return std::shared_ptr<const Registries>(std::move(out));
}

Result<Bytes> Registries::front(const std::string& tag) const {
  auto bytes = ask([&](const Place& place) { return front_at(place, tag); });
  if (!bytes && is_absent(bytes.error())) {
    bytes.error().hint = fmt::format(
        "a registry that is `kubeferry serve` of that bundle has it under the tag {}: was node 1 set up with another?",
        tag);
  }
  return bytes;
}

Result<Bytes> Registries::blob(const oci::Descriptor& blob) const {
  return ask([&](const Place& place) { return blob_at(place, blob); });
}

Result<Bytes> Registries::ask(const std::function<Result<Bytes>(const Place&)>& question) const {
  const std::size_t first = preferred_;
  std::vector<Error> errors;
  for (std::size_t n = 0; n < places_.size(); ++n) {
    const std::size_t index = (first + n) % places_.size();
    auto answer = question(places_[index]);
    if (answer) {
      if (n > 0) {
        prefer(first, index, errors.front());
      }
      return answer;
    }
    if (!worth_another(answer.error().code)) {
      return answer;
    }
    errors.push_back(std::move(answer.error()));
  }
  return all_failed(std::move(errors));
}

void Registries::prefer(std::size_t from, std::size_t to, const Error& reason) const {
  // One thread's news is enough.
  if (preferred_.compare_exchange_strong(from, to) && warning_) {
    warning_(fmt::format("{}; going on with {}", reason.message, places_[to].repository.registry));
  }
}

Result<Bytes> Registries::front_at(const Place& place, const std::string& tag) {
  oci::Reference reference{place.repository.registry, place.repository.name, tag, std::nullopt};
  for (unsigned depth = 0; depth < 2; ++depth) {
    const std::string what = reference.to_string();
    KF_TRY_ASSIGN(const oci::ManifestBytes document, place.client->manifest(reference));
    KF_TRY_ASSIGN(const installer::FrontLocation location, installer::find_front(document, what));
    if (location.layer) {
      if (location.layer->size > bundle::k_largest_front) {
        return fail(ExitCode::limit, "{}: a front of {} bytes, more than the {} allowed", what, location.layer->size,
                    bundle::k_largest_front);
      }
      return blob_at(place, *location.layer);
    }
    reference.tag.reset();
    reference.digest = location.next->digest;
  }
  return fail(ExitCode::format, "{}:{}: its first manifest is an index once more", place.repository.to_string(), tag);
}

Result<Bytes> Registries::blob_at(const Place& place, const oci::Descriptor& blob) {
  BlobSink sink(blob.size);
  KF_TRY(place.client->blob(place.repository, blob, sink));
  return sink.take();
}

}  // namespace kubeferry::source

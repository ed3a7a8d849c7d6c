// SPDX-License-Identifier: Apache-2.0
#include "easy.hpp"

namespace kubeferry::net {
namespace {

// More idle handles than that are only kept sockets.
constexpr std::size_t k_most_idle = 64;

// libcurl's own lazy initialisation is not thread-safe in every build of it; a local static is.
bool library_is_ready() {
  static const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
  return code == CURLE_OK;
}

}  // namespace

bool HeaderLines::add(const std::string& line) {
  curl_slist* const longer = curl_slist_append(list_.get(), line.c_str());
  if (longer == nullptr) {
    return false;
  }
  // The head moves only when the list was empty; the old pointer is part of the new list.
  static_cast<void>(list_.release());
  list_.reset(longer);
  return true;
}

EasyPool::EasyPool() {
  if (!library_is_ready()) {
    return;
  }
  share_.reset(curl_share_init());
  if (share_) {
    curl_share_setopt(share_.get(), CURLSHOPT_LOCKFUNC, &EasyPool::lock);
    curl_share_setopt(share_.get(), CURLSHOPT_UNLOCKFUNC, &EasyPool::unlock);
    curl_share_setopt(share_.get(), CURLSHOPT_USERDATA, this);
    curl_share_setopt(share_.get(), CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
    curl_share_setopt(share_.get(), CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
  }
}

EasyPool::~EasyPool() {
  // Handles refer to the share: they go first.
  idle_.clear();
}

Easy EasyPool::take(std::string_view origin) {
  {
    const std::scoped_lock lock(mutex_);
    for (auto entry = idle_.rbegin(); entry != idle_.rend(); ++entry) {
      if (entry->first == origin) {
        Easy handle = std::move(entry->second);
        idle_.erase(std::next(entry).base());
        curl_easy_reset(handle.get());
        return handle;
      }
    }
  }
  if (!share_) {
    return nullptr;
  }
  Easy handle(curl_easy_init());
  if (handle) {
    curl_easy_setopt(handle.get(), CURLOPT_SHARE, share_.get());
  }
  return handle;
}

void EasyPool::give_back(std::string origin, Easy handle) {
  Easy oldest;
  const std::scoped_lock lock(mutex_);
  idle_.emplace_back(std::move(origin), std::move(handle));
  if (idle_.size() > k_most_idle) {
    oldest = std::move(idle_.front().second);
    idle_.erase(idle_.begin());
  }
}

void EasyPool::lock(CURL* /*handle*/, curl_lock_data data, curl_lock_access /*access*/, void* pool) {
  static_cast<EasyPool*>(pool)->share_mutexes_[static_cast<std::size_t>(data)].lock();
}

void EasyPool::unlock(CURL* /*handle*/, curl_lock_data data, void* pool) {
  static_cast<EasyPool*>(pool)->share_mutexes_[static_cast<std::size_t>(data)].unlock();
}

}  // namespace kubeferry::net

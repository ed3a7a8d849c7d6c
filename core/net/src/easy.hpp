// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <curl/curl.h>

namespace kubeferry::net {

template <auto Function>
struct CurlDeleter {
  template <class T>
  void operator()(T* handle) const noexcept {
    Function(handle);
  }
};
using Easy = std::unique_ptr<CURL, CurlDeleter<curl_easy_cleanup>>;

/// A list of header lines for one transfer.
class HeaderLines {
public:
  /// False when memory ran out.
  [[nodiscard]] bool add(const std::string& line);
  [[nodiscard]] curl_slist* get() const noexcept { return list_.get(); }

private:
  std::unique_ptr<curl_slist, CurlDeleter<curl_slist_free_all>> list_;
};

/// Handles with their open connections, and what they share. Each handle is used by one thread at a time.
class EasyPool {
public:
  EasyPool();
  EasyPool(const EasyPool&) = delete;
  EasyPool& operator=(const EasyPool&) = delete;
  ~EasyPool();

  /// A handle with default options, if possible one that has a connection to `origin`; null when memory ran out.
  Easy take(std::string_view origin);
  void give_back(std::string origin, Easy handle);

private:
  static void lock(CURL* handle, curl_lock_data data, curl_lock_access access, void* pool);
  static void unlock(CURL* handle, curl_lock_data data, void* pool);

  std::array<std::mutex, CURL_LOCK_DATA_LAST> share_mutexes_;
  std::unique_ptr<CURLSH, CurlDeleter<curl_share_cleanup>> share_;
  std::mutex mutex_;
  std::vector<std::pair<std::string, Easy>> idle_;
};

}  // namespace kubeferry::net

// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/base/progress.hpp>

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include <fmt/format.h>

#include <kubeferry/base/fd.hpp>
#include <kubeferry/base/text.hpp>

namespace kubeferry {

namespace {

using namespace std::chrono_literals;

std::size_t terminal_width() {
  winsize size{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col : 80;
}

std::string human_seconds(double seconds) {
  const auto whole = static_cast<std::uint64_t>(seconds + 0.5);
  if (whole >= 3600) {
    return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
  }
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

}  // namespace

std::string progress_line(const std::string& verb, std::uint64_t done, std::uint64_t total, double seconds,
                          const std::string& subject) {
  std::string line = verb;
  done = total > 0 ? std::min(done, total) : done;
  if (total > 0) {
    line += fmt::format(" {:3}% {} of {}", done * 100 / total, human_bytes(done), human_bytes(total));
  } else {
    line += fmt::format(" {}", human_bytes(done));
  }
  if (seconds >= 0.5 && done > 0) {
    const double rate = static_cast<double>(done) / seconds;
    line += fmt::format(", {}/s", human_bytes(static_cast<std::uint64_t>(rate)));
    if (total > done) {
      line += fmt::format(", {} left", human_seconds(static_cast<double>(total - done) / rate));
    }
  }
  if (!subject.empty()) {
    line += "  " + printable(subject);
  }
  return line;
}

Progress::Progress(std::string verb, std::uint64_t total, ProgressMode mode) : verb_(std::move(verb)), total_(total) {
  if (mode != ProgressMode::silent) {
    thread_ = std::jthread([this](const std::stop_token& stop) { work(stop); });
  }
}

Progress::~Progress() {
  if (thread_.joinable()) {
    thread_.request_stop();
    thread_.join();
    if (::isatty(STDERR_FILENO) != 0) {
      std::fputs("\r\x1b[K", stderr);
    }
  }
}

void Progress::set_subject(std::string subject) {
  const std::lock_guard lock(mutex_);
  subject_ = std::move(subject);
}

void Progress::show(bool terminal) {
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  shown_ = std::max(shown_, done());
  std::string line = progress_line(verb_, shown_, total_.load(std::memory_order_relaxed), seconds, subject_);
  if (terminal) {
    line.resize(std::min(line.size(), terminal_width() - 1));
    line = "\r\x1b[K" + line;
  } else {
    line += '\n';
  }
  std::fputs(line.c_str(), stderr);
  std::fflush(stderr);
}

void Progress::work(const std::stop_token& stop) {
  const bool terminal = ::isatty(STDERR_FILENO) != 0;
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, stop, terminal ? 200ms : 5000ms, [] { return false; }) && !stop.stop_requested()) {
    show(terminal);
  }
}

}  // namespace kubeferry

#include "actions.hpp"

#include <chrono>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <new>
#include <stdexcept>
#include <thread>
#include <vector>

namespace fake {
namespace {

[[noreturn]] void crash(const std::string& signal_name) {
  if (signal_name == "SIGABRT") std::abort();
#ifndef _WIN32
  if (signal_name == "SIGKILL") std::raise(SIGKILL);
#endif
  // Raised and not provoked: compilers and sanitizers make something else of undefined behaviour.
  const int number = signal_name == "SIGFPE" ? SIGFPE : SIGSEGV;
  std::signal(number, SIG_DFL);
  std::raise(number);
  std::abort();
}

void allocate_without_end(std::int64_t bytes) {
  constexpr std::int64_t piece = 1 << 20;
  static std::vector<std::unique_ptr<char[]>> kept;
  for (std::int64_t done = 0; done < bytes; done += piece) kept.emplace_back(new char[piece]);
}

void print(const std::string& where_and_text) {
  const std::size_t space = where_and_text.find(' ');
  std::FILE* const stream = where_and_text.compare(0, space, "out") == 0 ? stdout : stderr;
  std::fprintf(stream, "%s\n", where_and_text.c_str() + (space == std::string::npos ? 0 : space + 1));
  std::fflush(stream);
}

bool perform(const Action& action, const Reporter& reporter) {
  if (action.verb == "sleep") {
    wait(std::stoll(action.argument));
  } else if (action.verb == "fail") {
    reporter.say("%s", action.argument.c_str());
    return false;
  } else if (action.verb == "crash") {
    crash(action.argument);
  } else if (action.verb == "exit") {
    std::_Exit(std::stoi(action.argument));
  } else if (action.verb == "hang") {
    while (true) std::this_thread::sleep_for(std::chrono::hours(1));
  } else if (action.verb == "allocate") {
    allocate_without_end(std::stoll(action.argument));
  } else if (action.verb == "bad_alloc") {
    throw std::bad_alloc();
  } else if (action.verb == "throw") {
    throw std::length_error(action.argument);
  } else if (action.verb == "print") {
    print(action.argument);
  } else {
    require(false, "actions are those that script.hpp lists");
  }
  return true;
}

}  // namespace

void require(bool condition, const char* rule) {
  if (condition) return;
  std::fprintf(stderr, "fake_tflite: broken rule: %s\n", rule);
  std::abort();
}

void wait(std::int64_t nanoseconds) {
  // Sleeping alone is too coarse, spinning alone is unfriendly.
  const auto end = std::chrono::steady_clock::now() + std::chrono::nanoseconds(nanoseconds);
  if (nanoseconds > 2'000'000) std::this_thread::sleep_for(std::chrono::nanoseconds(nanoseconds - 1'000'000));
  while (std::chrono::steady_clock::now() < end) {
  }
}

std::uint64_t now_us() {
#ifdef _WIN32
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(now).count());
#else
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(now.tv_nsec) / 1000;
#endif
}

void Reporter::say(const char* format, ...) const {
  if (function == nullptr) return;
  std::va_list arguments;
  va_start(arguments, format);
  function(user_data, format, arguments);
  va_end(arguments);
}

bool Actions::reach(const std::string& step, const Reporter& reporter) {
  const std::int64_t time = ++times_[step];
  bool may_go_on = true;
  for (const Action& action : script_.actions) {
    if (action.step != step || (action.when != 0 && action.when != time)) continue;
    may_go_on = perform(action, reporter) && may_go_on;
  }
  return may_go_on;
}

}  // namespace fake

// The measuring loop: raw nanosecond samples of one call, with nothing else between the two clock reads.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "clock.hpp"
#include "errors.hpp"

namespace tflops {

// A signal must not wait longer than this for `between` to look.
constexpr std::chrono::milliseconds between_period(50);

// The loop ends with whichever of the first two comes first, but not before one sample.
struct Limits {
  std::int64_t runs;
  double max_seconds;
  double interval_seconds = 0;  // least time between the beginnings of two runs

  void check() const {
    if (runs < 1) throw ArgumentError("runs must be at least 1, not " + std::to_string(runs));
    // Written so that a NaN fails too.
    if (!(max_seconds >= 0)) {
      throw ArgumentError("max_seconds must be 0 or more, not " + std::to_string(max_seconds));
    }
    // An hour is enough, and a number of seconds that every clock can hold.
    if (!(interval_seconds >= 0 && interval_seconds <= 3600)) {
      throw ArgumentError("interval_seconds must be from 0 to 3600, not " + std::to_string(interval_seconds));
    }
  }
};

// Lets calls begin at a rate: never sooner after the last one than the interval. A call that takes longer
// than that delays the next one, and none is made up for.
class Pace {
 public:
  template <class Between>
  void wait(double interval_seconds, Between between) {
    if (interval_seconds <= 0) return;
    auto now = Clock::now();
    while (now < next_) {
      std::this_thread::sleep_for(std::min<Clock::duration>(next_ - now, between_period));
      between();
      now = Clock::now();
    }
    next_ = now + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(interval_seconds));
  }

 private:
  Clock::time_point next_{};
};

// `prepare` runs before each call and `between` at most every 50 ms, both outside the timed region.
// An exception of any of the three ends the loop: there are no samples of failed runs.
template <class Prepare, class Call, class Between>
std::vector<std::int64_t> time_calls(const Limits& limits, Prepare prepare, Call call, Between between) {
  limits.check();
  // Not all of 10^9 runs, which only max_seconds will end. Growing happens outside the timed region.
  constexpr std::int64_t most_reserved = 1 << 20;
  std::vector<std::int64_t> samples;
  samples.reserve(static_cast<std::size_t>(std::min(limits.runs, most_reserved)));

  const std::chrono::duration<double> max_duration(limits.max_seconds);
  const auto begin = Clock::now();
  auto last_between = begin;
  while (true) {
    prepare();
    const auto start = Clock::now();
    call();
    const auto stop = Clock::now();
    samples.push_back(nanoseconds(stop - start));
    if (static_cast<std::int64_t>(samples.size()) >= limits.runs || stop - begin >= max_duration) return samples;
    if (stop - last_between >= between_period) {
      between();
      last_between = stop;
    }
  }
}

}  // namespace tflops

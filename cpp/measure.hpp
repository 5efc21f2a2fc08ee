// The measuring loop: raw nanosecond samples of one call, with nothing else between the two clock reads.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace tflops {

using Clock = std::chrono::steady_clock;

inline std::int64_t nanoseconds(Clock::duration duration) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(duration).count();
}

// The loop ends with whichever comes first, but not before one sample.
struct Limits {
  std::int64_t runs;
  double max_seconds;

  void check() const {
    if (runs < 1) throw std::invalid_argument("runs must be at least 1, not " + std::to_string(runs));
    // Written so that a NaN fails too.
    if (!(max_seconds >= 0)) {
      throw std::invalid_argument("max_seconds must be 0 or more, not " + std::to_string(max_seconds));
    }
  }
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
    if (stop - last_between >= std::chrono::milliseconds(50)) {
      between();
      last_between = stop;
    }
  }
}

}  // namespace tflops

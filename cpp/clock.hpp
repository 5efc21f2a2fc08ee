// The clock of all measurements, and what it can tell on this machine.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>

#include "errors.hpp"

namespace tflops {

using Clock = std::chrono::steady_clock;

inline std::int64_t nanoseconds(Clock::duration duration) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(duration).count();
}

struct ClockCalibration {
  // The smallest step that is seen between reads in a row: what the clock cannot tell from nothing. On
  // a clock of fine ticks that is about what a read costs.
  std::int64_t resolution_ns;
  double read_ns;  // what a read costs
};

// Takes a few milliseconds, or on a coarse clock two of its steps. Throws InvokeError for a clock that
// does not advance.
ClockCalibration calibrate_clock();

// As above, of a clock that is read by now().
template <class Now>
ClockCalibration calibrate_clock(Now now) {
  constexpr int wanted_steps = 1000;
  constexpr std::int64_t enough_ns = 2'000'000;
  // Some tenths of a second; no clock of a machine that times anything makes one step in so long.
  constexpr std::int64_t most_reads = 20'000'000;
  constexpr int reads = 1000;

  std::int64_t smallest = std::numeric_limits<std::int64_t>::max();
  const auto begin = now();
  for (int i = 0; i < wanted_steps; ++i) {
    const auto start = now();
    auto stop = start;
    for (std::int64_t left = most_reads; stop == start; --left) {
      if (left == 0) throw InvokeError("the clock of this machine does not advance: nothing can be timed with it");
      stop = now();
    }
    smallest = std::min(smallest, nanoseconds(stop - start));
    // The first step may have begun before it was looked at.
    if (i >= 1 && nanoseconds(stop - begin) >= enough_ns && smallest >= enough_ns / wanted_steps) break;
  }
  // The minimum of some rounds: what interrupts a round is not part of the cost.
  double least = std::numeric_limits<double>::infinity();
  for (int round = 0; round < 20; ++round) {
    const auto start = now();
    auto stop = start;
    for (int i = 0; i < reads; ++i) stop = now();
    least = std::min(least, static_cast<double>(nanoseconds(stop - start)) / reads);
  }
  return {smallest, least};
}

}  // namespace tflops

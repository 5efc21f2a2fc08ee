// The clock of all measurements, and what it can tell on this machine.
#pragma once

#include <chrono>
#include <cstdint>

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

ClockCalibration calibrate_clock();

}  // namespace tflops

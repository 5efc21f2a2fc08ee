#include "clock.hpp"

#include <algorithm>
#include <limits>

namespace tflops {
namespace {

std::int64_t smallest_step_ns() {
  std::int64_t smallest = std::numeric_limits<std::int64_t>::max();
  for (int i = 0; i < 1000; ++i) {
    const auto start = Clock::now();
    auto stop = start;
    while (stop == start) stop = Clock::now();
    smallest = std::min(smallest, nanoseconds(stop - start));
  }
  return smallest;
}

// The least of some rounds: what interrupts a round is no part of the cost.
double read_cost_ns() {
  constexpr int reads = 1000;
  double least = std::numeric_limits<double>::infinity();
  for (int round = 0; round < 20; ++round) {
    const auto start = Clock::now();
    auto stop = start;
    for (int i = 0; i < reads; ++i) stop = Clock::now();
    least = std::min(least, static_cast<double>(nanoseconds(stop - start)) / reads);
  }
  return least;
}

}  // namespace

ClockCalibration calibrate_clock() { return {smallest_step_ns(), read_cost_ns()}; }

}  // namespace tflops

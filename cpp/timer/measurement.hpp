// Measures one model as the Python package does: load, allocate, first invoke, warm-up, clean runs, and
// profiled runs of an interpreter of their own.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "clock.hpp"
#include "library.hpp"
#include "options.hpp"
#include "peak_trials.hpp"

namespace tflops::timer {

// Why no more samples were taken: "precision", "runs", "samples" (as many as are kept) or "max_time".
struct Stop {
  std::string reason;
  std::optional<double> precision;  // what was wanted; nothing where a number of samples alone was
  std::optional<bool> is_reached;
  double seconds = 0;
};

struct Measurement {
  std::shared_ptr<Library> library;
  std::vector<std::pair<std::string, std::vector<std::int64_t>>> input_shapes;
  ClockCalibration clock{};
  std::int64_t load_ns = 0;
  std::int64_t allocate_ns = 0;
  std::int64_t first_invoke_ns = 0;
  std::vector<std::int64_t> warm_up_ns;
  bool is_steady = false;  // whether the warm-up ended because the times did not change any more
  std::int64_t invokes_per_sample = 1;
  std::vector<std::int64_t> samples_ns;
  Stop stop;
  std::vector<std::int64_t> profiled_ns;  // empty without a profile
  std::unique_ptr<Interpreter> profiled;  // holds the events of those runs
  std::optional<ThreadPeaks> peaks;
};

// Throws what the core throws, and ArgumentError for an input that the model does not have.
Measurement measure(const Options& options);

}  // namespace tflops::timer

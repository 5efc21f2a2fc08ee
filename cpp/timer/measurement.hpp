// Measures one model as the Python package does: load, allocate, first invoke, warm-up, clean runs, and
// profiled runs of an interpreter of their own.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "clock.hpp"
#include "library.hpp"
#include "options.hpp"

namespace tflops::timer {

struct Measurement {
  std::shared_ptr<Library> library;
  std::vector<std::pair<std::string, std::vector<std::int64_t>>> input_shapes;
  ClockCalibration clock{};
  std::int64_t load_ns = 0;
  std::int64_t allocate_ns = 0;
  std::int64_t first_invoke_ns = 0;
  std::vector<std::int64_t> warm_up_ns;
  std::int64_t invokes_per_sample = 1;
  std::vector<std::int64_t> samples_ns;
  std::vector<std::int64_t> profiled_ns;  // empty without a profile
  std::unique_ptr<Interpreter> profiled;  // holds the events of those runs
};

// Throws what the core throws, and std::invalid_argument for an input that the model does not have.
Measurement measure(const Options& options);

}  // namespace tflops::timer

// The command line of the timer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "interpreter.hpp"

namespace tflops::timer {

struct Options {
  std::string model;
  std::string runtime;  // path of a library; "" for one beside the program or known to the system
  std::string output;   // path of a file; "" for standard output
  InterpreterOptions interpreter;
  // When to stop, as in `tflops report`.
  std::optional<std::int64_t> runs;
  std::int64_t min_runs = 1;
  std::optional<double> precision;
  std::optional<double> max_seconds;
  bool profile = true;
  bool peaks = false;
  std::uint64_t seed = 0;
  std::vector<std::pair<std::string, std::vector<std::int64_t>>> input_shapes;  // "" stands for the only input
  std::vector<int> pin;                                                         // CPUs; empty for all
};

// What `--help` prints.
extern const char* const usage;

// Whether one of the arguments is this option without a value, "--help".
bool has_flag(int count, const char* const* arguments, const char* name);

// The arguments are those of main. Throws ArgumentError for what is not an option or a value.
Options parse_options(int count, const char* const* arguments);

}  // namespace tflops::timer

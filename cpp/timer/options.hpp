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
  std::optional<std::int64_t> runs;  // samples; without a number about a second's worth
  double max_seconds = 10.0;
  bool profile = true;
  std::uint64_t seed = 0;
  std::vector<std::pair<std::string, std::vector<std::int64_t>>> input_shapes;  // "" stands for the only input
  std::vector<int> pin;                                                         // CPUs; empty for all
};

// What `--help` prints.
extern const char* const usage;

// Whether one of the arguments is this option without a value, "--help".
bool has_flag(int count, const char* const* arguments, const char* name);

// The arguments are those of main. Throws std::invalid_argument for what is no option or no value.
Options parse_options(int count, const char* const* arguments);

}  // namespace tflops::timer

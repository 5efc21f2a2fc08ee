// The errors that the core raises on purpose; the binding translates each into a Python class.
#pragma once

#include <stdexcept>

namespace tflops {

// Marks them, so that they can be told from what a runtime throws.
struct OwnError {};

// In Python the class of the same name.
struct RuntimeLibraryError : std::runtime_error, OwnError {
  using std::runtime_error::runtime_error;
};

// In Python the class of the same name.
struct InvokeError : std::runtime_error, OwnError {
  using std::runtime_error::runtime_error;
};

// An argument that cannot be right; in Python a ValueError.
struct ArgumentError : std::invalid_argument, OwnError {
  using std::invalid_argument::invalid_argument;
};

// An input, output or tensor that does not exist; in Python an IndexError.
struct PositionError : std::out_of_range, OwnError {
  using std::out_of_range::out_of_range;
};

}  // namespace tflops

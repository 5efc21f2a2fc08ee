// The errors that the core raises on purpose; the binding turns each into the Python class of the same name.
#pragma once

#include <stdexcept>

namespace tflops {

struct RuntimeLibraryError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct InvokeError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace tflops

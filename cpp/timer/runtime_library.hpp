// Finds the library that runs models on a target.
#pragma once

#include <memory>
#include <string>

#include "library.hpp"

namespace tflops::timer {

// The library at a path; without one, that which lies beside the program, in lib/ beside it, or where the
// system looks for libraries. Throws RuntimeLibraryError if there is none or it cannot be loaded.
std::shared_ptr<Library> open_runtime(const std::string& path);

}  // namespace tflops::timer

// What differs between operating systems about standard error: catch what a library writes there.
#pragma once

#include <functional>
#include <string>

namespace tflops {

// What is written to standard error, by any thread, while the call runs; "" if it cannot be caught, and is
// then written as usual.
std::string caught_from_standard_error(const std::function<void()>& call);

}  // namespace tflops

// Seeded random data for the inputs of a model.
#pragma once

#include <cstdint>

#include "interpreter.hpp"

namespace tflops::timer {

// Floats lie in [-1, 1), quantized integers take their whole range, other integers are 0 or 1, because
// they are mostly indices into tables of unknown length. Throws InvokeError for other types.
void fill_random_inputs(Interpreter& interpreter, std::uint64_t seed);

}  // namespace tflops::timer

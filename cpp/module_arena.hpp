// Python bindings of the planners of memory.
#pragma once

#include <pybind11/pybind11.h>

namespace tflops {

void bind_arena(pybind11::module_& module);

}  // namespace tflops

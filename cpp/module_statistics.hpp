// The timer's statistics in Python, where they are held to Python's own.
#pragma once

#include <pybind11/pybind11.h>

namespace tflops {

void bind_statistics(pybind11::module_& module);

}  // namespace tflops

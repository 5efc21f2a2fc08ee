// The Python face of the peak kernels.
#pragma once

#include <pybind11/pybind11.h>

namespace tflops {

void bind_peaks(pybind11::module_& module);

}  // namespace tflops

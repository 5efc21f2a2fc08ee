#include "module_peaks.hpp"

#include <pybind11/stl.h>

#include "peaks.hpp"

namespace py = pybind11;
using namespace py::literals;

namespace tflops {

void bind_peaks(py::module_& module) {
  using WithoutGil = py::call_guard<py::gil_scoped_release>;
  py::class_<ComputeKernel>(module, "ComputeKernel", py::is_final())
      .def_readonly("arithmetic", &ComputeKernel::arithmetic)
      .def_readonly("instructions", &ComputeKernel::instructions)
      .def_readonly("operations_per_round", &ComputeKernel::operations_per_round)
      .def_readonly("sums", &ComputeKernel::sums)
      .def_readonly("lanes", &ComputeKernel::lanes)
      .def(
          "total", [](const ComputeKernel& kernel, std::int64_t rounds) { return kernel.run(rounds); }, "rounds"_a,
          WithoutGil())
      .def("time", &time_compute, "rounds"_a, "threads"_a = 1, WithoutGil());
  py::class_<ReadKernel>(module, "ReadKernel", py::is_final()).def_readonly("instructions", &ReadKernel::instructions);
  py::class_<ReadBuffers>(module, "ReadBuffers", py::is_final())
      .def(py::init<std::int64_t, int>(), "bytes_per_thread"_a, "threads"_a = 1, WithoutGil())
      .def_readonly_static("granularity", &ReadBuffers::granularity)
      .def("time", &ReadBuffers::time, "kernel"_a, "passes"_a, WithoutGil())
      .def("time_part", &ReadBuffers::time_part, "kernel"_a, "part"_a, "parts"_a, WithoutGil())
      .def("checksum", &ReadBuffers::checksum, "kernel"_a, WithoutGil());
  module.def("compute_kernels", &compute_kernels);
  module.def("read_kernels", &read_kernels);
}

}  // namespace tflops

#include "module_statistics.hpp"

#include <pybind11/stl.h>

#include <optional>
#include <tuple>

#include "statistics.hpp"

namespace py = pybind11;
using namespace py::literals;

namespace tflops {

void bind_statistics(py::module_& module) {
  module.def(
      "median_interval",
      [](const std::vector<std::int64_t>& samples) -> std::optional<std::tuple<double, double, double>> {
        const auto found = tflops::median_interval(samples);
        if (!found) return std::nullopt;
        return std::make_tuple(found->lower, found->upper, found->effective_samples);
      },
      "samples"_a);
  module.def("is_precise", &tflops::is_precise, "samples"_a, "precision"_a);
  module.def("is_steady", &tflops::is_steady, "samples"_a);
  module.def("next_look", &tflops::next_look, "samples"_a);
}

}  // namespace tflops

#include "module_arena.hpp"

#include <pybind11/stl.h>

#include <tuple>

#include "arena.hpp"

namespace py = pybind11;
using namespace py::literals;

namespace tflops {

void bind_arena(py::module_& module) {
  using Tensor = std::tuple<std::int32_t, std::int32_t, std::int64_t, std::int32_t, std::int32_t, int>;
  module.def(
      "plan_arena",
      [](const std::vector<Tensor>& tensors, const std::vector<std::pair<std::int32_t, std::int32_t>>& steps,
         std::int64_t alignment) {
        std::vector<ArenaTensor> given;
        given.reserve(tensors.size());
        for (const auto& [index, node, size, first, last, place] : tensors) {
          given.push_back({index, node, size, first, last, static_cast<Place>(place)});
        }
        return plan_arena(given, steps, alignment);
      },
      "tensors"_a, "steps"_a, "alignment"_a);
}

}  // namespace tflops

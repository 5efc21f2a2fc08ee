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
  module.def(
      "plan_micro_arena",
      [](const std::vector<std::tuple<std::int64_t, std::int32_t, std::int32_t, std::int64_t>>& buffers) {
        std::vector<MicroBuffer> given;
        given.reserve(buffers.size());
        for (const auto& [size, first, last, offset] : buffers) given.push_back({size, first, last, offset});
        return plan_micro_arena(given);
      },
      "buffers"_a);
}

}  // namespace tflops

// Where TensorFlow Lite's planners put tensors in an arena: greedy, the largest first, into the smallest gap that fits.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace tflops {

// In which arena a tensor is placed. One that shares the memory of another is in none, but has its turn in the order;
// one whose memory is elsewhere has none, but the runtime counts it among those of its operator.
enum class Place { elsewhere = -1, shared, arena, state };

// A tensor as the planner sees it. In the arena it holds its memory from operator `first`
// to operator `last`, both included; among the state from `first` on.
struct ArenaTensor {
  std::int32_t index;  // in the subgraph; behind the model's own tensors come those of kernels
  std::int32_t node;   // the operator at which it is planned
  std::int64_t size;   // bytes
  std::int32_t first;
  std::int32_t last;  // kForever where nothing frees it
  Place place;
};

constexpr std::int32_t kForever = INT32_MAX;

// The offset of each tensor in its arena, -1 for those that are in none. `tensors` are in the order in which the
// runtime learns of them; `steps` are ranges of operators, both ends included, that are planned one after the other
// (more than one where sizes are known only during a run). Throws std::invalid_argument for an alignment below 1.
std::vector<std::int64_t> plan_arena(const std::vector<ArenaTensor>& tensors,
                                     const std::vector<std::pair<std::int32_t, std::int32_t>>& steps,
                                     std::int64_t alignment);

// A buffer as the planner of TensorFlow Lite for Microcontrollers sees it: bytes, first and last use, and the offset if
// the model gives it, else -1.
struct MicroBuffer {
  std::int64_t size;
  std::int32_t first;
  std::int32_t last;
  std::int64_t offset;
};

// The offset of each buffer: those of the model first, then the largest first, each into the first gap that fits; of
// equal ones the last goes first.
std::vector<std::int64_t> plan_micro_arena(const std::vector<MicroBuffer>& buffers);

}  // namespace tflops

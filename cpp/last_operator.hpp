// How far a run came, in memory that outlives the process: for looking back at a runtime that crashed.
#pragma once

#include <atomic>
#include <cstdint>

namespace tflops {

// Atomic, so that each step is stored before the next operator runs, and in this order; three int64 for
// those who look at the memory from another process.
struct LastOperator {
  enum State : std::int64_t { untouched = 0, run_begun = 1, operator_begun = 2, operator_ended = 3 };

  std::atomic<std::int64_t> state;
  std::atomic<std::int64_t> operator_index;
  std::atomic<std::int64_t> subgraph_index;
};
static_assert(std::atomic<std::int64_t>::is_always_lock_free, "a lock would not reach another process");
static_assert(sizeof(LastOperator) == 3 * sizeof(std::int64_t));

}  // namespace tflops

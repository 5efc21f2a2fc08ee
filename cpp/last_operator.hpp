// How far a run came, in memory that outlives the process: for looking back at a runtime that crashed.
#pragma once

#include <cstdint>

namespace tflops {

// Volatile, so that each step is stored before the next operator runs, and in this order.
struct LastOperator {
  enum State : std::int64_t { untouched = 0, run_begun = 1, operator_begun = 2, operator_ended = 3 };

  volatile std::int64_t state;
  volatile std::int64_t operator_index;
  volatile std::int64_t subgraph_index;
};

}  // namespace tflops

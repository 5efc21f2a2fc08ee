// Makes the clock of one loaded library run faster. XNNPACK reads the system's monotonic clock around each of its
// operators, and reports the difference in whole microseconds: on a clock that runs a thousand times as fast these
// are nanoseconds.
#pragma once

#include <cstdint>
#include <vector>

namespace tflops {

constexpr std::int64_t fast_clock_factor = 1000;

// From now on the loaded library that holds this address reads its monotonic clock through this code, which hands on
// the system's but within the life of a FastClock. False where that cannot be done: the library links no
// clock_gettime dynamically, or the system is not Linux.
bool redirect_clock(const void* address) noexcept;

// While it lives, redirected clocks run fast in this thread: from the moment at which it was made, which they call 0.
// They stand still while they are read. One at a time in each thread.
class FastClock {
 public:
  FastClock() noexcept;
  FastClock(const FastClock&) = delete;
  FastClock& operator=(const FastClock&) = delete;
  ~FastClock();

  // How often such a clock was read since.
  std::int64_t reads() const noexcept;
};

// What passes between two reads in a row, in nanoseconds, so many times: that much of each time is the clock's own.
// Nothing where no clock can be redirected.
std::vector<std::int64_t> time_fast_clock(std::int64_t count);

}  // namespace tflops

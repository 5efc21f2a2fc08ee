#include "peaks.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <new>
#include <string>
#include <thread>

#include "errors.hpp"
#include "measure.hpp"
#include "peaks_loops.hpp"

namespace tflops {
namespace {

constexpr std::align_val_t alignment{4096};
constexpr int spins_per_yield = 20'000;  // some tens of microseconds

struct Kernels {
  std::vector<ComputeKernel> compute;
  std::vector<ReadKernel> read;
};

Kernels all_kernels() {
  Kernels kernels;
  add_x86_kernels(kernels.compute, kernels.read);
  add_arm_kernels(kernels.compute, kernels.read);
  add_portable_kernels(kernels.compute, kernels.read);
  return kernels;
}

void check_positive(const char* name, std::int64_t value) {
  if (value < 1) throw ArgumentError(std::string(name) + " must be at least 1, not " + std::to_string(value));
}

struct Interval {
  Clock::time_point start;
  Clock::time_point stop;
};

// Calls work(0), work(1), ... each on a thread of its own, all at the same moment.
template <class Work>
std::int64_t time_together(int threads, Work work) {
  std::vector<Interval> intervals(static_cast<std::size_t>(threads));
  std::atomic<int> missing{threads};
  const auto run = [&](std::size_t index) {
    missing.fetch_sub(1);
    // Whoever yields on a busy machine comes back late: only where the others are really not running yet.
    for (int i = 1; missing.load() > 0; ++i) {
      if (i % spins_per_yield == 0) std::this_thread::yield();
    }
    const auto start = Clock::now();
    work(index);
    intervals[index] = {start, Clock::now()};
  };
  std::vector<std::thread> others;
  const auto join = [&] {
    for (std::thread& other : others) other.join();
  };
  try {
    for (std::size_t index = 1; index < intervals.size(); ++index) others.emplace_back(run, index);
  } catch (...) {
    // The system gives no more threads: those that wait must not wait forever.
    missing = 0;
    join();
    throw;
  }
  run(0);
  join();
  const auto [first, unused_first] = std::minmax_element(
      intervals.begin(), intervals.end(), [](const Interval& a, const Interval& b) { return a.start < b.start; });
  const auto last = std::max_element(intervals.begin(), intervals.end(),
                                     [](const Interval& a, const Interval& b) { return a.stop < b.stop; });
  static_cast<void>(unused_first);
  return nanoseconds(last->stop - first->start);
}

// Keeps a result, so that the loop that made it is not left out.
std::atomic<std::uint64_t> sink{0};

}  // namespace

std::vector<ComputeKernel> compute_kernels() { return all_kernels().compute; }

std::vector<ReadKernel> read_kernels() { return all_kernels().read; }

std::int64_t time_compute(const ComputeKernel& kernel, std::int64_t rounds, int threads) {
  check_positive("rounds", rounds);
  check_positive("threads", threads);
  return time_together(threads, [&](std::size_t) { sink += kernel.run(rounds) > 0 ? 1U : 0U; });
}

void ReadBuffers::Free::operator()(unsigned char* data) const { ::operator delete[](data, alignment); }

ReadBuffers::ReadBuffers(std::int64_t bytes_per_thread, int threads) : bytes_(bytes_per_thread) {
  check_positive("threads", threads);
  if (bytes_ < granularity || bytes_ % granularity != 0) {
    throw ArgumentError("bytes_per_thread must be a multiple of " + std::to_string(granularity) + ", not " +
                        std::to_string(bytes_));
  }
  for (int i = 0; i < threads; ++i) {
    buffers_.emplace_back(static_cast<unsigned char*>(::operator new[](static_cast<std::size_t>(bytes_), alignment)));
  }
  // Written by the threads themselves: a page lies near the processor that touches it first.
  time_together(threads, [&](std::size_t thread) {
    for (std::int64_t word = 0; word < bytes_ / 4; ++word) {
      const auto value = static_cast<std::uint32_t>(word);
      std::memcpy(buffers_[thread].get() + 4 * word, &value, 4);
    }
  });
}

std::int64_t ReadBuffers::time(const ReadKernel& kernel, std::int64_t passes) const {
  check_positive("passes", passes);
  return time_together(static_cast<int>(buffers_.size()),
                       [&](std::size_t thread) { sink += kernel.run(buffers_[thread].get(), bytes_, passes); });
}

std::int64_t ReadBuffers::time_part(const ReadKernel& kernel, std::int64_t part, std::int64_t parts) const {
  check_positive("parts", parts);
  // Divided, because a product of such numbers may overflow.
  const std::int64_t pieces = bytes_ / granularity;
  if (part < 0 || part >= parts || parts > pieces || pieces % parts != 0) {
    throw ArgumentError("there is no part " + std::to_string(part) + " of " + std::to_string(parts) + " of " +
                        std::to_string(bytes_) + " bytes");
  }
  const std::int64_t size = bytes_ / parts;
  return time_together(static_cast<int>(buffers_.size()),
                       [&](std::size_t thread) { sink += kernel.run(buffers_[thread].get() + part * size, size, 1); });
}

std::uint32_t ReadBuffers::checksum(const ReadKernel& kernel) const {
  return kernel.run(buffers_.front().get(), bytes_, 1);
}

}  // namespace tflops

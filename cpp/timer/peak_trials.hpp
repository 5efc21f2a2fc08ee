// The peaks of this machine, by the trials of python/tflops_native/machine/peaks, which gives the reasons.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tflops::timer {

struct ComputePeak {
  std::string arithmetic;
  double operations_per_second;
  std::string instructions;
};

struct MemoryPeak {
  std::string name;  // "L1", "L2", ... or "DRAM"
  std::optional<std::int64_t> capacity_bytes;
  std::int64_t buffer_bytes;
  double bytes_per_second;
};

struct ThreadPeaks {
  int threads;
  std::vector<ComputePeak> compute;
  std::vector<MemoryPeak> memory;
};

// Of so many threads together, but no more than there are CPUs; takes about two seconds.
ThreadPeaks measure_peaks(int threads);

}  // namespace tflops::timer

// What this processor can do at most: loops of nothing but arithmetic, or nothing but reads, and a trial
// that times one of them on several threads. How many trials, and what they mean, is decided elsewhere.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

namespace tflops {

// Arithmetic on registers only, with as many independent sums as it takes to fill the pipelines.
//
// Each sum begins with its position, 0, 1, 2, ... Floating-point sums add 1/2 in each round, as a product;
// integer ones the dot product of their own bytes with ones (of ones with ones, where an instruction multiplies
// tiles). So every step depends on the one before, no
// compiler can leave one out, and the total can be checked by hand.
struct ComputeKernel {
  const char* arithmetic;    // "float32", "float16", "int8"
  const char* instructions;  // "FMA", "AVX512-VNNI", "NEON", "portable", ...
  std::int64_t operations_per_round;
  int sums;                            // vectors of one accumulator each
  int lanes;                           // of each vector
  double (*run)(std::int64_t rounds);  // the total of all lanes
};

// Reads all of a buffer with wide loads, several times; returns the sum of its 32-bit words.
struct ReadKernel {
  const char* instructions;
  std::uint32_t (*run)(const unsigned char* data, std::int64_t bytes, std::int64_t passes);
};

// Those that this processor can run, the most capable first; the last is plain C++.
std::vector<ComputeKernel> compute_kernels();
std::vector<ReadKernel> read_kernels();

// Nanoseconds from the moment all threads are ready until the last of them has done its rounds.
std::int64_t time_compute(const ComputeKernel& kernel, std::int64_t rounds, int threads);

// A buffer for each thread. The words of each are 0, 1, 2, ...
class ReadBuffers {
 public:
  // Sizes are multiples of this, so that no kernel has to treat an end apart.
  static constexpr std::int64_t granularity = 4096;

  // Raises ArgumentError for a size or a number of threads out of range, std::bad_alloc.
  ReadBuffers(std::int64_t bytes_per_thread, int threads);

  // Nanoseconds from the moment all threads are ready until the last has read its buffer so many times.
  std::int64_t time(const ReadKernel& kernel, std::int64_t passes) const;
  // As `time`, for one pass over one of so many equal parts. Raises ArgumentError for a part out of
  // range, or where the parts are not multiples of the granularity.
  std::int64_t time_part(const ReadKernel& kernel, std::int64_t part, std::int64_t parts) const;
  // What one pass over one buffer returns.
  std::uint32_t checksum(const ReadKernel& kernel) const;

 private:
  struct Free {
    void operator()(unsigned char* data) const;
  };

  std::int64_t bytes_;
  std::vector<std::unique_ptr<unsigned char[], Free>> buffers_;
};

}  // namespace tflops

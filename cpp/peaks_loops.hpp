// The loops that all peak kernels share, and what each instruction set adds to the lists of them.
//
// They are macros, because a template cannot carry the instruction set that its function is compiled for.
#pragma once

#include <cstdint>
#include <vector>

#include "cpu_features.hpp"
#include "peaks.hpp"

// Compiles one function for an instruction set that the rest of the program does not need. Microsoft's
// compiler takes any intrinsic anywhere.
#if defined(_MSC_VER) && !defined(__clang__)
#define TFLOPS_TARGET(FEATURES)
#else
#define TFLOPS_TARGET(FEATURES) __attribute__((target(FEATURES)))
#endif

// The sums must end up in registers, so the loop over them must disappear.
#if defined(__clang__)
#define TFLOPS_UNROLL _Pragma("clang loop unroll(full)")
#elif defined(__GNUC__)
#define TFLOPS_UNROLL _Pragma("GCC unroll 32")
#else
#define TFLOPS_UNROLL
#endif

// SET(n) makes a vector of n; STEP is the next `sum`, from `sum`, `first` and `second`; `one` is a 1 that the
// compiler does not know to be one.
#define TFLOPS_COMPUTE_LOOP(NAME, TARGET, VECTOR, LANE, SUMS, SET, FIRST, SECOND, STEP, STORE) \
  TARGET double NAME(std::int64_t rounds) {                                                    \
    const volatile int hidden_one = 1;                                                         \
    const int one = hidden_one;                                                                \
    [[maybe_unused]] const auto first = FIRST;                                                 \
    [[maybe_unused]] const auto second = SECOND;                                               \
    VECTOR sums[SUMS];                                                                         \
    TFLOPS_UNROLL for (int i = 0; i < (SUMS); ++i) sums[i] = SET(static_cast<LANE>(i * one));  \
    for (; rounds > 0; --rounds) {                                                             \
      TFLOPS_UNROLL for (VECTOR& sum : sums) sum = STEP;                                       \
    }                                                                                          \
    LANE lanes[SUMS][sizeof(VECTOR) / sizeof(LANE)];                                           \
    TFLOPS_UNROLL for (int i = 0; i < (SUMS); ++i) STORE(lanes[i], sums[i]);                   \
    double total = 0;                                                                          \
    for (const auto& vector : lanes) {                                                         \
      for (const LANE lane : vector) total += static_cast<double>(lane);                       \
    }                                                                                          \
    return total;                                                                              \
  }

// LOAD takes a `const unsigned char*`. Eight sums hide the latency of their additions.
#define TFLOPS_READ_LOOP(NAME, TARGET, VECTOR, SET, LOAD, ADD, STORE)                                      \
  TARGET std::uint32_t NAME(const unsigned char* data, std::int64_t bytes, std::int64_t passes) {          \
    constexpr std::int64_t width = sizeof(VECTOR);                                                         \
    VECTOR sums[8];                                                                                        \
    TFLOPS_UNROLL for (VECTOR& sum : sums) sum = SET(0);                                                   \
    for (; passes > 0; --passes) {                                                                         \
      for (std::int64_t offset = 0; offset < bytes; offset += 8 * width) {                                 \
        TFLOPS_UNROLL for (int i = 0; i < 8; ++i) sums[i] = ADD(sums[i], LOAD(data + offset + i * width)); \
      }                                                                                                    \
    }                                                                                                      \
    std::uint32_t lanes[8][width / 4];                                                                     \
    TFLOPS_UNROLL for (int i = 0; i < 8; ++i) STORE(lanes[i], sums[i]);                                    \
    std::uint32_t total = 0;                                                                               \
    for (const auto& vector : lanes) {                                                                     \
      for (const std::uint32_t lane : vector) total += lane;                                               \
    }                                                                                                      \
    return total;                                                                                          \
  }

namespace tflops {

// Each step of a sum is one multiplication and one addition: in every lane, or in every byte of it.
inline ComputeKernel compute_kernel(const char* arithmetic, const char* instructions, int sums, int lanes,
                                    int macs_per_lane, double (*run)(std::int64_t)) {
  return {arithmetic, instructions, std::int64_t{2} * sums * lanes * macs_per_lane, sums, lanes, run};
}

// Empty on other architectures.
void add_x86_kernels(std::vector<ComputeKernel>& compute, std::vector<ReadKernel>& read);
void add_arm_kernels(std::vector<ComputeKernel>& compute, std::vector<ReadKernel>& read);
void add_portable_kernels(std::vector<ComputeKernel>& compute, std::vector<ReadKernel>& read);

}  // namespace tflops

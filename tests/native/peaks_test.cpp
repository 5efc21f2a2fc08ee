// Every peak kernel against a plain loop. Of interest where this is run by an emulator of another processor.
#include "peaks.hpp"

#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "check.hpp"

namespace tflops {
namespace {

using Lanes = std::vector<double>;

// The bytes of all lanes, as this kernel takes them: signed on Arm, unsigned elsewhere.
std::vector<int> bytes_of(const ComputeKernel& kernel, const Lanes& lanes) {
  const bool is_signed = std::string(kernel.instructions).rfind("NEON", 0) == 0;
  std::vector<int> bytes;
  for (const double lane : lanes) {
    const auto word = static_cast<std::uint32_t>(static_cast<std::int32_t>(lane));
    for (unsigned shift = 0; shift < 32; shift += 8) {
      const int byte = static_cast<int>((word >> shift) & 0xffU);
      bytes.push_back(is_signed && byte >= 128 ? byte - 256 : byte);
    }
  }
  return bytes;
}

// Which lane takes the byte of a position.
std::size_t lane_of(const ComputeKernel& kernel, std::size_t byte) {
  // There the halves of a vector are added before neighbours are.
  return std::string(kernel.instructions) == "NEON" ? byte % 8 / 2 : byte / 4;
}

// One round of one sum.
Lanes next_sum(const ComputeKernel& kernel, Lanes lanes) {
  if (std::string(kernel.arithmetic) != "int8") {
    for (double& lane : lanes) lane += 0.5;
    return lanes;
  }
  if (std::string(kernel.instructions) == "AMX-INT8") {
    // The product of a 16 x 64 and a 64 x 16 matrix of ones is added.
    for (double& lane : lanes) {
      for (int position = 0; position < 64; ++position) lane += 1;
    }
    return lanes;
  }
  const auto bytes = bytes_of(kernel, lanes);
  // There a lane takes the bytes of two lanes, which hold the same here.
  const int times = std::string(kernel.instructions) == "NEON-I8MM" ? 2 : 1;
  for (std::size_t i = 0; i < bytes.size(); ++i) lanes[lane_of(kernel, i)] += times * bytes[i];
  return lanes;
}

double expected_total(const ComputeKernel& kernel, int rounds) {
  double total = 0;
  for (int position = 0; position < kernel.sums; ++position) {
    Lanes lanes(static_cast<std::size_t>(kernel.lanes), position);
    for (int round = 0; round < rounds; ++round) lanes = next_sum(kernel, std::move(lanes));
    for (const double lane : lanes) total += lane;
  }
  return total;
}

TEST_CASE(compute_kernels_do_the_arithmetic_they_say) {
  for (const ComputeKernel& kernel : compute_kernels()) {
    std::printf("%s %s\n", kernel.arithmetic, kernel.instructions);
    for (const int rounds : {0, 1, 2, 5}) CHECK_EQUAL(expected_total(kernel, rounds), kernel.run(rounds));
  }
}

TEST_CASE(read_kernels_read_every_word) {
  constexpr std::uint32_t words = 3 * ReadBuffers::granularity / 4;
  const ReadBuffers buffers(4 * words, 1);
  for (const ReadKernel& kernel : read_kernels()) CHECK_EQUAL(words * (words - 1) / 2, buffers.checksum(kernel));
}

TEST_CASE(threads_that_work_together_all_end) {
  for (const int threads : {1, 2, 5}) {
    CHECK_EQUAL(true, time_compute(compute_kernels().front(), 1000, threads) > 0);
    CHECK_EQUAL(true, ReadBuffers(ReadBuffers::granularity, threads).time(read_kernels().front(), 10) > 0);
  }
}

TEST_CASE(sizes_that_cannot_be_right) {
  CHECK_THROWS(std::invalid_argument, "multiple of 4096", ReadBuffers(6000, 1));
  CHECK_THROWS(std::invalid_argument, "threads must be at least 1", ReadBuffers(4096, 0));
  const ReadBuffers buffers(2 * ReadBuffers::granularity, 1);
  CHECK_THROWS(std::invalid_argument, "no part 2 of 2", buffers.time_part(read_kernels().front(), 2, 2));
  CHECK_THROWS(std::invalid_argument, "no part 0 of 4", buffers.time_part(read_kernels().front(), 0, 4));
  CHECK_EQUAL(true, buffers.time_part(read_kernels().front(), 1, 2) > 0);
  CHECK_THROWS(std::invalid_argument, "rounds must be at least 1", time_compute(compute_kernels().front(), 0, 1));
}

}  // namespace
}  // namespace tflops

int main() {
  check::run_all();
  return check::failures == 0 ? 0 : 1;
}

// Peak kernels in plain C++, for processors of which nothing else is known.
#include <cstring>

#include "peaks_loops.hpp"

namespace tflops {
namespace {

// What a compiler turns into vectors by itself.
struct Floats {
  float lanes[4];
};

struct Words {
  std::uint32_t lanes[4];
};

inline Floats set_floats(float value) { return {{value, value, value, value}}; }

inline Floats multiply_add(const Floats& sum, float factor, float addend) {
  Floats next;
  for (int i = 0; i < 4; ++i) next.lanes[i] = sum.lanes[i] * factor + addend;
  return next;
}

inline Words set_words(std::uint32_t value) { return {{value, value, value, value}}; }

inline Words add_dot_product(const Words& sum, std::uint32_t weight) {
  Words next = sum;
  for (std::uint32_t& lane : next.lanes) {
    const std::uint32_t bytes = lane;
    for (unsigned shift = 0; shift < 32; shift += 8) lane += ((bytes >> shift) & 0xffU) * weight;
  }
  return next;
}

inline Words load(const unsigned char* data) {
  Words words;
  std::memcpy(&words, data, sizeof(words));
  return words;
}

inline Words add(const Words& a, const Words& b) {
  Words sum;
  for (int i = 0; i < 4; ++i) sum.lanes[i] = a.lanes[i] + b.lanes[i];
  return sum;
}

template <class Vector, class Lane>
inline void store(Lane* lanes, const Vector& vector) {
  std::memcpy(lanes, vector.lanes, sizeof(vector.lanes));
}

TFLOPS_COMPUTE_LOOP(float32_portable, , Floats, float, 8, set_floats, static_cast<float>(one), 0.5F,
                    multiply_add(sum, first, second), store)
TFLOPS_COMPUTE_LOOP(int8_portable, , Words, std::uint32_t, 4, set_words, static_cast<std::uint32_t>(one), 0,
                    add_dot_product(sum, first), store)
TFLOPS_READ_LOOP(read_portable, , Words, set_words, load, add, store)

}  // namespace

void add_portable_kernels(std::vector<ComputeKernel>& compute, std::vector<ReadKernel>& read) {
  compute.push_back(compute_kernel("float32", "portable", 8, 4, 1, float32_portable));
  compute.push_back(compute_kernel("int8", "portable", 4, 4, 4, int8_portable));
  read.push_back({"portable", read_portable});
}

}  // namespace tflops

#include "random_inputs.hpp"

#include <cstddef>
#include <cstring>
#include <random>
#include <string>

#include "errors.hpp"

namespace tflops::timer {
namespace {

// TfLiteType (tflite/core/c/c_api_types.h).
enum : int {
  float32 = 1,
  int32 = 2,
  uint8 = 3,
  int64 = 4,
  boolean = 6,
  int16 = 7,
  complex64 = 8,
  int8 = 9,
  float16 = 10,
  float64 = 11,
  complex128 = 12,
  uint64 = 13,
  uint32 = 16,
  uint16 = 17,
  bfloat16 = 19,
};

using Generator = std::mt19937_64;

// The distributions of the standard library differ between libraries; the generator does not.
double uniform(Generator& generator) { return static_cast<double>(generator() >> 11) * 0x1p-52 - 1.0; }

template <class Number>
void fill(const TensorView& tensor, Generator& generator, Number (*draw)(Generator&)) {
  const auto count = static_cast<std::size_t>(tensor.info.byte_size) / sizeof(Number);
  auto* const bytes = static_cast<unsigned char*>(tensor.data);
  for (std::size_t i = 0; i < count; ++i) {
    const Number value = draw(generator);
    std::memcpy(bytes + i * sizeof value, &value, sizeof value);
  }
}

// A number of the binary16 format: a sign, an exponent from 2^-8 to 2^-1, and ten bits.
std::uint16_t half(Generator& generator) {
  const auto bits = static_cast<std::uint16_t>(generator() >> 48);
  const auto exponent = static_cast<std::uint16_t>(7 + ((bits >> 10) & 7));
  return static_cast<std::uint16_t>((bits & 0x83FF) | (exponent << 10));
}

// The upper half of a float32.
std::uint16_t brain(Generator& generator) {
  const auto value = static_cast<float>(uniform(generator));
  std::uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  return static_cast<std::uint16_t>(bits >> 16);
}

template <class Integer>
Integer bit(Generator& generator) {
  return static_cast<Integer>(generator() >> 63);
}

unsigned char byte(Generator& generator) { return static_cast<unsigned char>(generator() >> 56); }

void fill_input(const TensorView& tensor, Generator& generator) {
  const bool is_quantized = tensor.info.scale != 0.0f;
  switch (tensor.info.type) {
    case float32:
    case complex64:
      return fill<float>(tensor, generator, [](Generator& g) { return static_cast<float>(uniform(g)); });
    case float64:
    case complex128:
      return fill<double>(tensor, generator, uniform);
    case float16:
      return fill<std::uint16_t>(tensor, generator, half);
    case bfloat16:
      return fill<std::uint16_t>(tensor, generator, brain);
    case int8:
    case uint8:
      return fill<unsigned char>(tensor, generator, is_quantized ? byte : bit<unsigned char>);
    case boolean:
      return fill<unsigned char>(tensor, generator, bit<unsigned char>);
    case int16:
      if (is_quantized) return fill<unsigned char>(tensor, generator, byte);
      return fill<std::uint16_t>(tensor, generator, bit<std::uint16_t>);
    case uint16:
      return fill<std::uint16_t>(tensor, generator, bit<std::uint16_t>);
    case int32:
    case uint32:
      return fill<std::uint32_t>(tensor, generator, bit<std::uint32_t>);
    case int64:
    case uint64:
      return fill<std::uint64_t>(tensor, generator, bit<std::uint64_t>);
    default:
      throw InvokeError("input '" + tensor.info.name + "' has type number " + std::to_string(tensor.info.type) +
                        ": no random data can be made for it");
  }
}

}  // namespace

void fill_random_inputs(Interpreter& interpreter, std::uint64_t seed) {
  Generator generator(seed);
  for (std::size_t i = 0; i < interpreter.input_count(); ++i) {
    fill_input(interpreter.input(static_cast<std::int64_t>(i)), generator);
  }
}

}  // namespace tflops::timer

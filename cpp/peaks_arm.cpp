// Peak kernels for Arm, of 64 and of 32 bits. What a processor has is asked at run time; the build needs no
// flags for it.
#include "peaks_loops.hpp"

// Of 32 bits where the compiler can be told of NEON for single functions, and passes floats in registers.
#if defined(__aarch64__) || \
    (defined(__arm__) && defined(__GNUC__) && !defined(__clang__) && defined(__ARM_FP) && __ARM_ARCH >= 7)

#include <arm_neon.h>

#if defined(__aarch64__)
#define TFLOPS_NEON
// The widest cores have four pipelines with latencies of 4 cycles.
#define TFLOPS_SUMS 24
#define TFLOPS_INT8_SUMS 16

// The compilers spell the extensions differently. Clang has their intrinsics where the whole program is
// compiled for them, and since version 16 in single functions.
#if defined(__clang__)
#define TFLOPS_ARM_TARGET(FEATURE) TFLOPS_TARGET(FEATURE)
#else
#define TFLOPS_ARM_TARGET(FEATURE) TFLOPS_TARGET("arch=armv8.2-a+" FEATURE)
#endif
#if !defined(__clang__) || __clang_major__ >= 16 || defined(__ARM_FEATURE_FP16_VECTOR_ARITHMETIC)
#define TFLOPS_HAS_FP16
#endif
#if !defined(__clang__) || __clang_major__ >= 16 || defined(__ARM_FEATURE_DOTPROD)
#define TFLOPS_HAS_DOT_PRODUCT
#endif
#if (!defined(__clang__) && __GNUC__ >= 10) || __clang_major__ >= 16 || defined(__ARM_FEATURE_MATMUL_INT8)
#define TFLOPS_HAS_I8MM
#endif
#else
#define TFLOPS_NEON TFLOPS_TARGET("fpu=neon-vfpv4")
// Half as many registers.
#define TFLOPS_SUMS 12
#define TFLOPS_INT8_SUMS 8
#endif

namespace tflops {
namespace {

TFLOPS_COMPUTE_LOOP(float32_neon, TFLOPS_NEON, float32x4_t, float, TFLOPS_SUMS, vdupq_n_f32,
                    vdupq_n_f32(static_cast<float>(one)), vdupq_n_f32(0.5F), vfmaq_f32(sum, first, second), vst1q_f32)
#if defined(TFLOPS_HAS_FP16)
TFLOPS_COMPUTE_LOOP(float16_neon, TFLOPS_ARM_TARGET("fp16"), float16x8_t, float16_t, TFLOPS_SUMS, vdupq_n_f16,
                    vdupq_n_f16(static_cast<float16_t>(one)), vdupq_n_f16(static_cast<float16_t>(0.5F)),
                    vfmaq_f16(sum, first, second), vst1q_f16)
#endif

// Without an instruction for it: products of bytes to 16 bits, low and high half, and these in pairs to the sum.
TFLOPS_NEON inline int32x4_t add_dot_product(int32x4_t sum, int8x16_t weights) {
  const int8x16_t bytes = vreinterpretq_s8_s32(sum);
  const int16x8_t products =
      vmlal_s8(vmull_s8(vget_low_s8(bytes), vget_low_s8(weights)), vget_high_s8(bytes), vget_high_s8(weights));
  return vpadalq_s16(sum, products);
}

TFLOPS_COMPUTE_LOOP(int8_neon, TFLOPS_NEON, int32x4_t, std::int32_t, TFLOPS_INT8_SUMS, vdupq_n_s32,
                    vdupq_n_s8(static_cast<signed char>(one)), 0, add_dot_product(sum, first), vst1q_s32)
#if defined(TFLOPS_HAS_DOT_PRODUCT)
TFLOPS_COMPUTE_LOOP(int8_dot_product, TFLOPS_ARM_TARGET("dotprod"), int32x4_t, std::int32_t, TFLOPS_SUMS, vdupq_n_s32,
                    vdupq_n_s8(static_cast<signed char>(one)), 0, vdotq_s32(sum, vreinterpretq_s8_s32(sum), first),
                    vst1q_s32)
#endif
#if defined(TFLOPS_HAS_I8MM)
// A product of matrices: every sum takes the bytes of two lanes.
TFLOPS_COMPUTE_LOOP(int8_i8mm, TFLOPS_ARM_TARGET("i8mm"), int32x4_t, std::int32_t, TFLOPS_SUMS, vdupq_n_s32,
                    vdupq_n_s8(static_cast<signed char>(one)), 0, vmmlaq_s32(sum, vreinterpretq_s8_s32(sum), first),
                    vst1q_s32)
#endif

#define TFLOPS_LOAD_NEON(DATA) vld1q_u32(reinterpret_cast<const std::uint32_t*>(DATA))

TFLOPS_READ_LOOP(read_neon, TFLOPS_NEON, uint32x4_t, vdupq_n_u32, TFLOPS_LOAD_NEON, vaddq_u32, vst1q_u32)

}  // namespace

void add_arm_kernels(std::vector<ComputeKernel>& compute, std::vector<ReadKernel>& read) {
  const CpuFeatures& cpu = cpu_features();
  if (!cpu.neon) return;
  compute.push_back(compute_kernel("float32", "NEON", TFLOPS_SUMS, 4, 1, float32_neon));
#if defined(TFLOPS_HAS_FP16)
  if (cpu.neon_fp16) compute.push_back(compute_kernel("float16", "NEON-FP16", TFLOPS_SUMS, 8, 1, float16_neon));
#endif
#if defined(TFLOPS_HAS_I8MM)
  if (cpu.neon_i8mm) compute.push_back(compute_kernel("int8", "NEON-I8MM", TFLOPS_SUMS, 4, 8, int8_i8mm));
#endif
#if defined(TFLOPS_HAS_DOT_PRODUCT)
  if (cpu.neon_dot_product) {
    compute.push_back(compute_kernel("int8", "NEON-DOTPROD", TFLOPS_SUMS, 4, 4, int8_dot_product));
  }
#endif
  compute.push_back(compute_kernel("int8", "NEON", TFLOPS_INT8_SUMS, 4, 4, int8_neon));
  read.push_back({"NEON", read_neon});
}

}  // namespace tflops

#else

namespace tflops {

void add_arm_kernels(std::vector<ComputeKernel>&, std::vector<ReadKernel>&) {}

}  // namespace tflops

#endif

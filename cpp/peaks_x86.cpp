// Peak kernels for x86. What a processor has is asked at run time; the build needs no flags for it.
#include "peaks_loops.hpp"

#if defined(__x86_64__) || defined(_M_X64)

#include <immintrin.h>

// The compilers that know the youngest instruction sets.
#if defined(__clang__)
#define TFLOPS_HAS_AVX_VNNI (__clang_major__ >= 12)
#define TFLOPS_HAS_AVX512_FP16 (__clang_major__ >= 15)
#define TFLOPS_HAS_AMX (__clang_major__ >= 12)
#elif defined(__GNUC__)
#define TFLOPS_HAS_AVX_VNNI (__GNUC__ >= 11)
#define TFLOPS_HAS_AVX512_FP16 (__GNUC__ >= 12)
#define TFLOPS_HAS_AMX (__GNUC__ >= 11)
#else
#define TFLOPS_HAS_AVX_VNNI 0
#define TFLOPS_HAS_AVX512_FP16 0
#define TFLOPS_HAS_AMX 0
#endif

namespace tflops {
namespace {

// Sums are as many as the registers hold beside the two operands: latencies are 4 or 5 cycles, and there are
// up to two pipelines.
TFLOPS_COMPUTE_LOOP(float32_sse2, , __m128, float, 12, _mm_set1_ps, _mm_set1_ps(static_cast<float>(one)),
                    _mm_set1_ps(0.5F), _mm_add_ps(_mm_mul_ps(sum, first), second), _mm_storeu_ps)
TFLOPS_COMPUTE_LOOP(float32_avx, TFLOPS_TARGET("avx"), __m256, float, 12, _mm256_set1_ps,
                    _mm256_set1_ps(static_cast<float>(one)), _mm256_set1_ps(0.5F),
                    _mm256_add_ps(_mm256_mul_ps(sum, first), second), _mm256_storeu_ps)
TFLOPS_COMPUTE_LOOP(float32_fma, TFLOPS_TARGET("avx,fma"), __m256, float, 12, _mm256_set1_ps,
                    _mm256_set1_ps(static_cast<float>(one)), _mm256_set1_ps(0.5F), _mm256_fmadd_ps(first, second, sum),
                    _mm256_storeu_ps)
TFLOPS_COMPUTE_LOOP(float32_avx512, TFLOPS_TARGET("avx512f"), __m512, float, 16, _mm512_set1_ps,
                    _mm512_set1_ps(static_cast<float>(one)), _mm512_set1_ps(0.5F), _mm512_fmadd_ps(first, second, sum),
                    _mm512_storeu_ps)

#define TFLOPS_STORE128(LANES, VECTOR) _mm_storeu_si128(reinterpret_cast<__m128i*>(LANES), VECTOR)
#define TFLOPS_STORE256(LANES, VECTOR) _mm256_storeu_si256(reinterpret_cast<__m256i*>(LANES), VECTOR)
#define TFLOPS_STORE512(LANES, VECTOR) _mm512_storeu_si512(LANES, VECTOR)

// Without an instruction for it a dot product takes three: products of bytes added in pairs to 16 bits, these in
// pairs to 32 bits, and the sum.
TFLOPS_COMPUTE_LOOP(int8_ssse3, TFLOPS_TARGET("ssse3"), __m128i, std::int32_t, 12, _mm_set1_epi32,
                    _mm_set1_epi8(static_cast<char>(one)), _mm_set1_epi16(static_cast<short>(one)),
                    _mm_add_epi32(sum, _mm_madd_epi16(_mm_maddubs_epi16(sum, first), second)), TFLOPS_STORE128)
TFLOPS_COMPUTE_LOOP(int8_avx2, TFLOPS_TARGET("avx2"), __m256i, std::int32_t, 12, _mm256_set1_epi32,
                    _mm256_set1_epi8(static_cast<char>(one)), _mm256_set1_epi16(static_cast<short>(one)),
                    _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_maddubs_epi16(sum, first), second)), TFLOPS_STORE256)
TFLOPS_COMPUTE_LOOP(int8_avx512bw, TFLOPS_TARGET("avx512bw"), __m512i, std::int32_t, 24, _mm512_set1_epi32,
                    _mm512_set1_epi8(static_cast<char>(one)), _mm512_set1_epi16(static_cast<short>(one)),
                    _mm512_add_epi32(sum, _mm512_madd_epi16(_mm512_maddubs_epi16(sum, first), second)), TFLOPS_STORE512)
TFLOPS_COMPUTE_LOOP(int8_avx512_vnni, TFLOPS_TARGET("avx512vnni"), __m512i, std::int32_t, 16, _mm512_set1_epi32,
                    _mm512_set1_epi32(0x01010101 * one), 0, _mm512_dpbusd_epi32(sum, sum, first), TFLOPS_STORE512)
#if TFLOPS_HAS_AVX_VNNI
TFLOPS_COMPUTE_LOOP(int8_avx_vnni, TFLOPS_TARGET("avxvnni"), __m256i, std::int32_t, 12, _mm256_set1_epi32,
                    _mm256_set1_epi8(static_cast<char>(one)), 0, _mm256_dpbusd_avx_epi32(sum, sum, first),
                    TFLOPS_STORE256)
#endif
#if TFLOPS_HAS_AVX512_FP16
TFLOPS_COMPUTE_LOOP(float16_avx512, TFLOPS_TARGET("avx512fp16"), __m512h, _Float16, 16, _mm512_set1_ph,
                    _mm512_set1_ph(static_cast<_Float16>(one)), _mm512_set1_ph(static_cast<_Float16>(0.5F)),
                    _mm512_fmadd_ph(first, second, sum), _mm512_storeu_ph)
#endif

#if TFLOPS_HAS_AMX
// A tile is 16 rows of 64 bytes. Each step adds the dot products of 64 ones and ones to the 16 x 16 words of a
// sum; a tile cannot be sum and operand at once, and four sums hide the latency of a step (52 cycles, one begins
// every 16). Intrinsics of tiles are never left out.
struct alignas(64) TileConfiguration {
  std::uint8_t palette = 1;
  std::uint8_t start_row = 0;
  std::uint8_t reserved[14] = {};
  std::uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64};
  std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16};
};

TFLOPS_TARGET("amx-tile,amx-int8")
double int8_amx(std::int64_t rounds) {
  constexpr int sums = 4;
  constexpr int words = 16 * 16;
  constexpr int stride = 64;
  alignas(64) std::int32_t lanes[sums + 1][words];
  for (int i = 0; i < sums; ++i) {
    for (std::int32_t& lane : lanes[i]) lane = i;
  }
  for (std::int32_t& lane : lanes[sums]) lane = 0x01010101;
  const TileConfiguration configuration;
  _tile_loadconfig(&configuration);
  _tile_loadd(0, lanes[0], stride);
  _tile_loadd(1, lanes[1], stride);
  _tile_loadd(2, lanes[2], stride);
  _tile_loadd(3, lanes[3], stride);
  _tile_loadd(4, lanes[sums], stride);
  _tile_loadd(5, lanes[sums], stride);
  for (; rounds > 0; --rounds) {
    _tile_dpbssd(0, 4, 5);
    _tile_dpbssd(1, 4, 5);
    _tile_dpbssd(2, 4, 5);
    _tile_dpbssd(3, 4, 5);
  }
  _tile_stored(0, lanes[0], stride);
  _tile_stored(1, lanes[1], stride);
  _tile_stored(2, lanes[2], stride);
  _tile_stored(3, lanes[3], stride);
  _tile_release();
  double total = 0;
  for (int i = 0; i < sums; ++i) {
    for (const std::int32_t lane : lanes[i]) total += lane;
  }
  return total;
}
#endif

#define TFLOPS_LOAD128(DATA) _mm_load_si128(reinterpret_cast<const __m128i*>(DATA))
#define TFLOPS_LOAD256(DATA) _mm256_load_si256(reinterpret_cast<const __m256i*>(DATA))
#define TFLOPS_LOAD512(DATA) _mm512_load_si512(DATA)

TFLOPS_READ_LOOP(read_sse2, , __m128i, _mm_set1_epi32, TFLOPS_LOAD128, _mm_add_epi32, TFLOPS_STORE128)
TFLOPS_READ_LOOP(read_avx2, TFLOPS_TARGET("avx2"), __m256i, _mm256_set1_epi32, TFLOPS_LOAD256, _mm256_add_epi32,
                 TFLOPS_STORE256)
TFLOPS_READ_LOOP(read_avx512, TFLOPS_TARGET("avx512f"), __m512i, _mm512_set1_epi32, TFLOPS_LOAD512, _mm512_add_epi32,
                 TFLOPS_STORE512)

}  // namespace

void add_x86_kernels(std::vector<ComputeKernel>& compute, std::vector<ReadKernel>& read) {
  const CpuFeatures& cpu = cpu_features();
  if (cpu.avx512f) compute.push_back(compute_kernel("float32", "AVX512F", 16, 16, 1, float32_avx512));
  if (cpu.fma) compute.push_back(compute_kernel("float32", "FMA", 12, 8, 1, float32_fma));
  if (cpu.avx) compute.push_back(compute_kernel("float32", "AVX", 12, 8, 1, float32_avx));
  compute.push_back(compute_kernel("float32", "SSE2", 12, 4, 1, float32_sse2));
#if TFLOPS_HAS_AVX512_FP16
  if (cpu.avx512_fp16) compute.push_back(compute_kernel("float16", "AVX512-FP16", 16, 32, 1, float16_avx512));
#endif
#if TFLOPS_HAS_AMX
  if (cpu.amx_int8) compute.push_back(compute_kernel("int8", "AMX-INT8", 4, 256, 64, int8_amx));
#endif
  if (cpu.avx512_vnni) compute.push_back(compute_kernel("int8", "AVX512-VNNI", 16, 16, 4, int8_avx512_vnni));
#if TFLOPS_HAS_AVX_VNNI
  if (cpu.avx_vnni) compute.push_back(compute_kernel("int8", "AVX-VNNI", 12, 8, 4, int8_avx_vnni));
#endif
  if (cpu.avx512bw) compute.push_back(compute_kernel("int8", "AVX512BW", 24, 16, 4, int8_avx512bw));
  if (cpu.avx2) compute.push_back(compute_kernel("int8", "AVX2", 12, 8, 4, int8_avx2));
  if (cpu.ssse3) compute.push_back(compute_kernel("int8", "SSSE3", 12, 4, 4, int8_ssse3));
  if (cpu.avx512f) read.push_back({"AVX512F", read_avx512});
  if (cpu.avx2) read.push_back({"AVX2", read_avx2});
  read.push_back({"SSE2", read_sse2});
}

}  // namespace tflops

#else

namespace tflops {

void add_x86_kernels(std::vector<ComputeKernel>&, std::vector<ReadKernel>&) {}

}  // namespace tflops

#endif

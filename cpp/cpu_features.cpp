#include "cpu_features.hpp"

#include <cstddef>
#include <cstdint>

#if defined(__x86_64__) || defined(__i386__) || defined(_M_X64) || defined(_M_IX86)
#define TFLOPS_X86
#if defined(_MSC_VER)
#include <immintrin.h>
#include <intrin.h>
#else
#include <cpuid.h>
#endif
#if defined(__x86_64__) && defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif
#elif (defined(__aarch64__) || defined(__arm__)) && defined(__linux__)
#include <sys/auxv.h>
#elif defined(__aarch64__) && defined(__APPLE__)
#include <sys/sysctl.h>
#endif

namespace tflops {
namespace {

#if defined(TFLOPS_X86)

struct Registers {
  std::uint32_t eax = 0;
  std::uint32_t ebx = 0;
  std::uint32_t ecx = 0;
  std::uint32_t edx = 0;
};

// All zero where the processor has no such leaf.
Registers cpuid(std::uint32_t leaf, std::uint32_t subleaf) {
  Registers r;
#if defined(_MSC_VER)
  int values[4];
  __cpuid(values, 0);
  if (static_cast<std::uint32_t>(values[0]) < leaf) return r;
  __cpuidex(values, static_cast<int>(leaf), static_cast<int>(subleaf));
  r = {static_cast<std::uint32_t>(values[0]), static_cast<std::uint32_t>(values[1]),
       static_cast<std::uint32_t>(values[2]), static_cast<std::uint32_t>(values[3])};
#else
  __get_cpuid_count(leaf, subleaf, &r.eax, &r.ebx, &r.ecx, &r.edx);
#endif
  return r;
}

// Which registers the system saves when it switches threads: without that they cannot be used.
std::uint64_t saved_registers() {
#if defined(_MSC_VER)
  return _xgetbv(0);
#else
  std::uint32_t low = 0;
  std::uint32_t high = 0;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (static_cast<std::uint64_t>(high) << 32) | low;
#endif
}

// Linux gives the registers of AMX only to a process that asks for them, as XNNPACK does too
// (Documentation/arch/x86/xstate.rst). It refuses where a thread's stack for signals would be too small.
bool may_use_tiles() {
#if defined(__x86_64__) && defined(__linux__)
  constexpr long request_permission = 0x1023;  // ARCH_REQ_XCOMP_PERM
  constexpr long tile_data = 18;
  return syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
#else
  return false;
#endif
}

bool has_bit(std::uint64_t bits, int position) { return ((bits >> position) & 1U) != 0; }

CpuFeatures detect() {
  const Registers first = cpuid(1, 0);
  const Registers seventh = cpuid(7, 0);
  const Registers more = seventh.eax >= 1 ? cpuid(7, 1) : Registers{};
  const std::uint64_t saved = has_bit(first.ecx, 27) ? saved_registers() : 0;
  const bool saves_ymm = (saved & 0x06U) == 0x06U;
  const bool saves_zmm = (saved & 0xe6U) == 0xe6U;
  const bool saves_tiles = (saved & 0x60000U) == 0x60000U;

  CpuFeatures found;
  found.ssse3 = has_bit(first.ecx, 9);
  found.avx = saves_ymm && has_bit(first.ecx, 28);
  found.fma = found.avx && has_bit(first.ecx, 12);
  found.avx2 = found.avx && has_bit(seventh.ebx, 5);
  found.avx_vnni = found.avx2 && has_bit(more.eax, 4);
  found.avx512f = saves_zmm && has_bit(seventh.ebx, 16);
  found.avx512bw = found.avx512f && has_bit(seventh.ebx, 30);
  found.avx512_vnni = found.avx512f && has_bit(seventh.ecx, 11);
  found.avx512_fp16 = found.avx512bw && has_bit(seventh.edx, 23);
  const bool has_amx_int8 = saves_tiles && has_bit(seventh.edx, 24) && has_bit(seventh.edx, 25);
  found.amx_int8 = found.avx512f && has_amx_int8 && may_use_tiles();
  return found;
}

#elif defined(__aarch64__) && defined(__linux__)

CpuFeatures detect() {
  const unsigned long first = getauxval(AT_HWCAP);
  const unsigned long second = getauxval(AT_HWCAP2);
  CpuFeatures found;
  found.neon = true;
  found.neon_fp16 = ((first >> 10) & 1U) != 0;         // HWCAP_ASIMDHP
  found.neon_dot_product = ((first >> 20) & 1U) != 0;  // HWCAP_ASIMDDP
  found.neon_i8mm = ((second >> 13) & 1U) != 0;        // HWCAP2_I8MM
  return found;
}

#elif defined(__arm__) && defined(__linux__)

CpuFeatures detect() {
  constexpr unsigned long neon_and_vfpv4 = (1UL << 12) | (1UL << 16);  // HWCAP_NEON, HWCAP_VFPv4
  CpuFeatures found;
  found.neon = (getauxval(AT_HWCAP) & neon_and_vfpv4) == neon_and_vfpv4;
  return found;
}

#elif defined(__aarch64__) && defined(__APPLE__)

bool has(const char* name) {
  int value = 0;
  std::size_t size = sizeof(value);
  return sysctlbyname(name, &value, &size, nullptr, 0) == 0 && value != 0;
}

CpuFeatures detect() {
  CpuFeatures found;
  found.neon = true;
  found.neon_fp16 = has("hw.optional.arm.FEAT_FP16");
  found.neon_dot_product = has("hw.optional.arm.FEAT_DotProd");
  found.neon_i8mm = has("hw.optional.arm.FEAT_I8MM");
  return found;
}

#else

CpuFeatures detect() {
  CpuFeatures found;
#if defined(__aarch64__)
  found.neon = true;
#endif
  return found;
}

#endif

}  // namespace

const CpuFeatures& cpu_features() {
  static const CpuFeatures found = detect();
  return found;
}

}  // namespace tflops

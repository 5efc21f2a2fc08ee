// Which of the instruction sets that the peak kernels use both the processor and the system offer.
#pragma once

namespace tflops {

struct CpuFeatures {
  // x86
  bool ssse3 = false;
  bool avx = false;
  bool fma = false;
  bool avx2 = false;
  bool avx_vnni = false;
  bool avx512f = false;
  bool avx512bw = false;
  bool avx512_vnni = false;
  bool avx512_fp16 = false;
  bool amx_int8 = false;  // and this process may use its registers
  // Arm
  bool neon = false;  // with fused multiplication and addition
  bool neon_fp16 = false;
  bool neon_dot_product = false;
  bool neon_i8mm = false;
};

const CpuFeatures& cpu_features();

}  // namespace tflops

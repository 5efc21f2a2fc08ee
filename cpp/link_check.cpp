// Built while configuring: a program that links only if the library has every function that is needed.
#include "tflite_c_api.hpp"

int main() {
#define TFLOPS_ADDRESS(name) reinterpret_cast<const void*>(&name),
  const void* const volatile functions[] = {TFLOPS_REQUIRED_FUNCTIONS(TFLOPS_ADDRESS)};
#undef TFLOPS_ADDRESS
  return functions[0] == nullptr;
}

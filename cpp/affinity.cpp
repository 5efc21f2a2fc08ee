#include "affinity.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <system_error>

#include "errors.hpp"

#if defined(_WIN32)
#ifndef NOMINMAX
#define NOMINMAX
#endif
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#elif defined(__linux__)
#include <sched.h>

#include <cerrno>
#include <memory>
#endif

namespace tflops {
namespace {

[[noreturn]] void refuse(const std::string& reason) {
  throw ArgumentError("cannot confine threads to these CPUs: " + reason);
}

#if defined(__linux__)
// As many bits as asked for: the usual cpu_set_t ends at 1024 CPUs.
class CpuSet {
 public:
  explicit CpuSet(std::size_t cpus)
      : cpus_(cpus), byte_size_(CPU_ALLOC_SIZE(cpus)), set_(CPU_ALLOC(cpus), [](cpu_set_t* set) { CPU_FREE(set); }) {
    if (set_ == nullptr) throw std::bad_alloc();
    CPU_ZERO_S(byte_size_, set_.get());
  }

  std::size_t cpus() const { return cpus_; }
  std::size_t byte_size() const { return byte_size_; }
  cpu_set_t* get() const { return set_.get(); }
  void add(std::size_t cpu) { CPU_SET_S(cpu, byte_size_, set_.get()); }
  bool has(std::size_t cpu) const { return CPU_ISSET_S(cpu, byte_size_, set_.get()) != 0; }

 private:
  std::size_t cpus_;
  std::size_t byte_size_;
  std::unique_ptr<cpu_set_t, void (*)(cpu_set_t*)> set_;
};
#endif

}  // namespace

#if defined(__linux__)

std::optional<std::vector<int>> allowed_cpus() {
  constexpr std::size_t most_cpus = std::size_t{1} << 20;
  for (std::size_t cpus = 1024; cpus <= most_cpus; cpus *= 2) {
    const CpuSet set(cpus);
    if (sched_getaffinity(0, set.byte_size(), set.get()) == 0) {
      std::vector<int> allowed;
      for (std::size_t cpu = 0; cpu < set.cpus(); ++cpu) {
        if (set.has(cpu)) allowed.push_back(static_cast<int>(cpu));
      }
      return allowed;
    }
    // The kernel has more CPUs than the set has room for.
    if (errno != EINVAL) break;
  }
  return std::nullopt;
}

void set_allowed_cpus(const std::vector<int>& cpus) {
  if (cpus.empty()) refuse("there is none");
  if (*std::min_element(cpus.begin(), cpus.end()) < 0) refuse("a number is negative");
  CpuSet set(static_cast<std::size_t>(*std::max_element(cpus.begin(), cpus.end())) + 1);
  for (const int cpu : cpus) set.add(static_cast<std::size_t>(cpu));
  if (sched_setaffinity(0, set.byte_size(), set.get()) != 0) {
    refuse(std::error_code(errno, std::generic_category()).message());
  }
}

#elif defined(_WIN32)

std::optional<std::vector<int>> allowed_cpus() {
  DWORD_PTR process_mask = 0;
  DWORD_PTR system_mask = 0;
  if (GetProcessAffinityMask(GetCurrentProcess(), &process_mask, &system_mask) == 0) return std::nullopt;
  std::vector<int> allowed;
  for (int cpu = 0; cpu < static_cast<int>(8 * sizeof process_mask); ++cpu) {
    if ((process_mask >> cpu) & 1) allowed.push_back(cpu);
  }
  return allowed;
}

void set_allowed_cpus(const std::vector<int>& cpus) {
  if (cpus.empty()) refuse("there is none");
  DWORD_PTR mask = 0;
  for (const int cpu : cpus) {
    if (cpu < 0 || cpu >= static_cast<int>(8 * sizeof mask)) refuse("there is no CPU " + std::to_string(cpu));
    mask |= DWORD_PTR{1} << cpu;
  }
  if (SetProcessAffinityMask(GetCurrentProcess(), mask) == 0) {
    refuse(std::error_code(static_cast<int>(GetLastError()), std::system_category()).message());
  }
}

#else

std::optional<std::vector<int>> allowed_cpus() { return std::nullopt; }

void set_allowed_cpus(const std::vector<int>&) { refuse("this operating system has no way to do it"); }

#endif

}  // namespace tflops

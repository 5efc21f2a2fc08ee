#include "machine.hpp"

#include <fstream>
#include <map>
#include <thread>

#include "affinity.hpp"

#ifdef _WIN32
#ifndef NOMINMAX
#define NOMINMAX
#endif
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#else
#include <sys/utsname.h>
#endif

namespace tflops::timer {
namespace {

std::string trimmed(const std::string& text) {
  constexpr char blanks[] = " \t\r\n";
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

// The processor's name; on Arm boards Linux knows that of the board instead.
std::optional<std::string> processor() {
  std::map<std::string, std::string> fields;
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const auto colon = line.find(':');
    if (colon != std::string::npos) fields[trimmed(line.substr(0, colon))] = trimmed(line.substr(colon + 1));
  }
  for (const char* const name : {"model name", "Model", "Hardware"}) {
    const auto field = fields.find(name);
    if (field != fields.end() && !field->second.empty()) return field->second;
  }
  std::ifstream tree("/proc/device-tree/model");
  std::string model;
  if (std::getline(tree, model, '\0') && !trimmed(model).empty()) return trimmed(model);
  return std::nullopt;
}

}  // namespace

Machine this_machine() {
  Machine machine;
  machine.processor = processor();
#ifdef _WIN32
  SYSTEM_INFO info;
  GetNativeSystemInfo(&info);
  machine.architecture = info.wProcessorArchitecture == PROCESSOR_ARCHITECTURE_AMD64   ? "AMD64"
                         : info.wProcessorArchitecture == PROCESSOR_ARCHITECTURE_ARM64 ? "ARM64"
                                                                                       : "x86";
  machine.system = "Windows";
#else
  utsname name{};
  if (uname(&name) == 0) {
    machine.architecture = name.machine;
    machine.system = std::string(name.sysname) + " " + name.release;
  }
#endif
  if (const auto count = std::thread::hardware_concurrency()) machine.logical_cpus = count;
  if (const auto allowed = allowed_cpus()) machine.usable_cpus = static_cast<std::int64_t>(allowed->size());
  return machine;
}

}  // namespace tflops::timer

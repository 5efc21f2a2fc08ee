// What differs between operating systems about naming the machine. What cannot be read is absent.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace tflops::timer {

struct Machine {
  std::optional<std::string> processor;
  std::string architecture;
  std::string system;
  std::optional<std::int64_t> logical_cpus;
  std::optional<std::int64_t> usable_cpus;  // those that this process may run on
};

Machine this_machine();

}  // namespace tflops::timer

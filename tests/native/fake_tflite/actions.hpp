// What a script can make the fake library do at a step.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "script.hpp"
#include "tflite_c_api.hpp"

namespace fake {

// Ends the process with a message if the caller broke a rule of the library.
void require(bool condition, const char* rule);

// Keeps the thread busy or asleep for so long.
void wait(std::int64_t nanoseconds);

// What the system's monotonic clock says; XNNPACK reads the same one.
std::uint64_t now_us();

struct Reporter {
  TfLiteErrorReporter function = nullptr;
  void* user_data = nullptr;

  void say(const char* format, ...) const;
};

// The actions of one object's script, and how often each step was reached.
class Actions {
 public:
  explicit Actions(const Script& script) : script_(script) {}

  // Does what the script has for this step; false if that was to fail.
  bool reach(const std::string& step, const Reporter& reporter);

 private:
  const Script& script_;
  std::unordered_map<std::string, std::int64_t> times_;
};

}  // namespace fake

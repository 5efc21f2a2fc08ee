// Keeps what TensorFlow Lite says through its error reporter, so that an exception can repeat it.
#pragma once

#include <string>
#include <vector>

#include "tflite_c_api.hpp"

namespace tflops {

class ErrorLog {
 public:
  // The callback to register with TFLite, together with the address of the log as user data.
  static void report(void* log, const char* format, std::va_list arguments);

  void clear() { messages_.clear(); }
  // All messages since clear(), joined by "; ".
  std::string text() const;

 private:
  std::vector<std::string> messages_;
};

}  // namespace tflops

// Keeps what a library says through a callback, so that an exception can repeat it.
#pragma once

#include <cstdarg>
#include <string>
#include <vector>

namespace tflops {

class ErrorLog {
 public:
  // The callback to register with TFLite, together with the address of the log as user data. Called from
  // C: nothing may be thrown.
  static void report(void* log, const char* format, std::va_list arguments) noexcept;

  // One more message; without the line end and full stop at its end. A message that there is no memory for
  // is counted as lost.
  void add(const char* message) noexcept;
  void clear() noexcept;
  // All messages since clear(), joined by "; ", and how many were lost.
  std::string text() const;

 private:
  void keep(std::string message);

  std::vector<std::string> messages_;
  int lost_ = 0;
};

// One line: lines joined by "; ", without what ends the last.
std::string one_line(const std::string& messages);

}  // namespace tflops

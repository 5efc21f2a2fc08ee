#include "error_log.hpp"

#include <cstdio>

namespace tflops {

void ErrorLog::report(void* log, const char* format, std::va_list arguments) {
  std::va_list again;
  va_copy(again, arguments);
  const int length = std::vsnprintf(nullptr, 0, format, arguments);
  if (length >= 0) {
    std::string message(static_cast<std::size_t>(length), '\0');
    std::vsnprintf(message.data(), message.size() + 1, format, again);
    message.erase(message.find_last_not_of("\n .") + 1);
    // TFLite repeats itself when one failure makes the next.
    auto& messages = static_cast<ErrorLog*>(log)->messages_;
    if (!message.empty() && (messages.empty() || messages.back() != message)) messages.push_back(message);
  }
  va_end(again);
}

std::string ErrorLog::text() const {
  std::string joined;
  for (const auto& message : messages_) joined += (joined.empty() ? "" : "; ") + message;
  return joined;
}

}  // namespace tflops

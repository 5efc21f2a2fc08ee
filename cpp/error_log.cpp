#include "error_log.hpp"

#include <cstdio>
#include <utility>

namespace tflops {

void ErrorLog::report(void* log, const char* format, std::va_list arguments) noexcept {
  auto& self = *static_cast<ErrorLog*>(log);
  std::va_list again;
  va_copy(again, arguments);
  try {
    const int length = std::vsnprintf(nullptr, 0, format, arguments);
    if (length >= 0) {
      std::string message(static_cast<std::size_t>(length), '\0');
      std::vsnprintf(message.data(), message.size() + 1, format, again);
      self.keep(std::move(message));
    }
  } catch (...) {
    ++self.lost_;
  }
  va_end(again);
}

void ErrorLog::add(const char* message) noexcept {
  try {
    if (message != nullptr) keep(message);
  } catch (...) {
    ++lost_;
  }
}

void ErrorLog::keep(std::string message) {
  message = one_line(message);
  // TFLite repeats itself when one failure causes the next.
  if (!message.empty() && (messages_.empty() || messages_.back() != message)) messages_.push_back(std::move(message));
}

void ErrorLog::clear() noexcept {
  messages_.clear();
  lost_ = 0;
}

std::string ErrorLog::text() const {
  std::string joined;
  for (const auto& message : messages_) joined += (joined.empty() ? "" : "; ") + message;
  if (lost_ > 0) {
    joined += (joined.empty() ? "" : "; ") + std::to_string(lost_) + (lost_ == 1 ? " message was" : " messages were") +
              " lost for lack of memory";
  }
  return joined;
}

std::string one_line(const std::string& messages) {
  std::string line;
  for (const char character : messages) {
    if (character == '\n') {
      line.erase(line.find_last_not_of("; .") + 1);
      line += "; ";
    } else {
      line += character;
    }
  }
  line.erase(line.find_last_not_of("; .") + 1);
  return line;
}

}  // namespace tflops

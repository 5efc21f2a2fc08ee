// Writes JSON to a stream: the caller opens and closes, the writer sets commas and escapes text.
#pragma once

#include <cstdint>
#include <optional>
#include <ostream>
#include <string_view>

namespace tflops::timer {

class JsonWriter {
 public:
  explicit JsonWriter(std::ostream& stream) : stream_(stream) {}

  // Inside of an object each value has a key, inside of a list none.
  JsonWriter& key(std::string_view name);

  void begin_object() { begin('{'); }
  void end_object() { end('}'); }
  void begin_list() { begin('['); }
  void end_list() { end(']'); }

  void text(std::string_view value);
  void number(std::int64_t value);
  void real(double value);  // finite
  void boolean(bool value);
  void null();

  template <class Numbers>
  void numbers(const Numbers& values) {
    begin_list();
    for (const auto value : values) number(value);
    end_list();
  }

 private:
  void begin(char bracket);
  void end(char bracket);
  void separate(const char* comma = ", ");
  void escape(std::string_view text);

  std::ostream& stream_;
  bool needs_comma_ = false;
};

}  // namespace tflops::timer

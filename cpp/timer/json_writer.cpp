#include "json_writer.hpp"

namespace tflops::timer {

JsonWriter& JsonWriter::key(std::string_view name) {
  separate(",\n");
  escape(name);
  stream_ << ": ";
  needs_comma_ = false;
  return *this;
}

void JsonWriter::text(std::string_view value) {
  separate();
  escape(value);
}

void JsonWriter::number(std::int64_t value) {
  separate();
  stream_ << value;
}

void JsonWriter::real(double value) {
  separate();
  stream_ << value;
}

void JsonWriter::boolean(bool value) {
  separate();
  stream_ << (value ? "true" : "false");
}

void JsonWriter::null() {
  separate();
  stream_ << "null";
}

void JsonWriter::begin(char bracket) {
  separate();
  stream_ << bracket;
  needs_comma_ = false;
}

void JsonWriter::end(char bracket) {
  stream_ << bracket;
  needs_comma_ = true;
}

void JsonWriter::separate(const char* comma) {
  if (needs_comma_) stream_ << comma;
  needs_comma_ = true;
}

// Bytes from 128 on are written as they are: names are UTF-8, and the reader replaces what is not.
void JsonWriter::escape(std::string_view text) {
  constexpr char digits[] = "0123456789abcdef";
  stream_ << '"';
  for (const char letter : text) {
    const auto code = static_cast<unsigned char>(letter);
    if (code < 0x20) {
      stream_ << "\\u00" << digits[code >> 4] << digits[code & 15];
    } else {
      if (letter == '"' || letter == '\\') stream_ << '\\';
      stream_ << letter;
    }
  }
  stream_ << '"';
}

}  // namespace tflops::timer

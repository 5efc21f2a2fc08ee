// The little that these tests need of a test framework: cases by name, and checks that say what they saw.
#pragma once

#include <cstdio>
#include <exception>
#include <functional>
#include <sstream>
#include <string>
#include <typeinfo>
#include <utility>
#include <vector>

namespace check {

inline int failures = 0;

inline void fail(const char* file, int line, const std::string& what) {
  ++failures;
  std::fprintf(stderr, "%s:%d: %s\n", file, line, what.c_str());
}

template <class T>
std::string show(const T& value) {
  std::ostringstream text;
  text << std::boolalpha << value;
  return text.str();
}

template <class T>
std::string show(const std::vector<T>& values) {
  std::string text = "[";
  for (const auto& value : values) text += (text.size() > 1 ? ", " : "") + show(value);
  return text + "]";
}

template <class Expected, class Actual>
void equal(const char* file, int line, const Expected& expected, const Actual& actual, const char* text) {
  if (!(expected == actual)) fail(file, line, std::string(text) + " is " + show(actual) + ", not " + show(expected));
}

template <class Error>
void throws(const char* file, int line, const std::string& message, const std::function<void()>& call) {
  try {
    call();
    fail(file, line, "nothing was thrown");
  } catch (const Error& error) {
    if (std::string(error.what()).find(message) == std::string::npos) {
      fail(file, line, std::string("the message is: ") + error.what());
    }
  } catch (const std::exception& error) {
    fail(file, line, std::string("another error: ") + typeid(error).name() + ", " + error.what());
  }
}

inline std::vector<std::pair<const char*, void (*)()>>& cases() {
  static std::vector<std::pair<const char*, void (*)()>> all;
  return all;
}

struct Case {
  Case(const char* name, void (*body)()) { cases().emplace_back(name, body); }
};

// The number of failed checks.
inline int run_all() {
  for (const auto& [name, body] : cases()) {
    const int before = failures;
    try {
      body();
    } catch (const std::exception& error) {
      fail(name, 0, std::string("unexpected error: ") + error.what());
    }
    std::printf("%s %s\n", failures == before ? "ok    " : "FAILED", name);
  }
  return failures;
}

}  // namespace check

#define TEST_CASE(name)                           \
  void name();                                    \
  const check::Case case_of_##name(#name, &name); \
  void name()
#define CHECK_EQUAL(expected, actual) check::equal(__FILE__, __LINE__, expected, actual, #actual)
#define CHECK_THROWS(Error, message, ...) check::throws<Error>(__FILE__, __LINE__, message, [&] { __VA_ARGS__; })

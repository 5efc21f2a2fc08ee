// What the tests of the core share: models of the fake library, and a memory that can be full.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "interpreter.hpp"
#include "library.hpp"

namespace core_test {

using tflops::Interpreter;
using tflops::InterpreterOptions;
using tflops::InvokeError;
using tflops::Kernels;
using tflops::Library;
using tflops::Limits;
using tflops::ModelBytes;
using tflops::ProfileEvent;
using tflops::RuntimeLibraryError;

// Of this thread: while it is set, there is no memory.
extern thread_local bool memory_is_exhausted;

// Path of the fake library.
extern std::string fake_path;

inline const auto nothing_between = [] {};
inline const std::string two_tensors =
    "fake_tflite {\ntensor x float32 1,4\ntensor y float32 1,4\ninputs 0\noutputs 1\nsignature serve 0 1\n";

inline std::string script(const std::string& statements) { return two_tensors + statements + "\n}"; }

// An interpreter with the bytes that it reads, in memory of their exact size.
struct Opened {
  std::vector<char> bytes;
  std::unique_ptr<Interpreter> interpreter;

  Opened(const std::string& statements, const InterpreterOptions& options = {}, bool is_allocated = true) {
    const std::string text = script(statements);
    bytes.assign(text.begin(), text.end());
    interpreter = Library::open(fake_path)->create(ModelBytes{bytes.data(), bytes.size()}, options);
    if (is_allocated) interpreter->allocate();
  }
  Interpreter* operator->() const { return interpreter.get(); }
};

inline InterpreterOptions profiled(Kernels kernels = Kernels::xnnpack) {
  InterpreterOptions options;
  options.kernels = kernels;
  options.profile = true;
  return options;
}

inline const std::string mixed_operators =
    "operator NEG\noperator ABS xnnpack 12 Abs (NC, F32)\noperator ABS xnnpack 7 Abs (NC, F32)\noperator NEG";

inline std::vector<std::string> names_of(const Interpreter& interpreter) {
  std::vector<std::string> names;
  for (const auto& record : interpreter.profile().records()) {
    const ProfileEvent& event = interpreter.profile().events()[static_cast<std::size_t>(record.event_id)];
    names.push_back(event.name + " " + std::to_string(event.operator_index));
  }
  return names;
}

}  // namespace core_test

// The core without Python: every path through it that a sanitizer should see, against the fake library.
//
//   core_test PATH_OF_THE_FAKE_LIBRARY
#include <cstring>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "check.hpp"
#include "dynamic_library.hpp"
#include "errors.hpp"
#include "interpreter.hpp"
#include "library.hpp"

using tflops::Interpreter;
using tflops::InterpreterOptions;
using tflops::InvokeError;
using tflops::Kernels;
using tflops::Library;
using tflops::Limits;
using tflops::ModelBytes;
using tflops::ProfileEvent;
using tflops::RuntimeLibraryError;

namespace {

std::string fake_path;
const auto nothing_between = [] {};

const std::string two_tensors =
    "fake_tflite {\ntensor x float32 1,4\ntensor y float32 1,4\ninputs 0\noutputs 1\nsignature serve 0 1\n";

std::string script(const std::string& statements) { return two_tensors + statements + "\n}"; }

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

InterpreterOptions profiled(Kernels kernels = Kernels::xnnpack) {
  InterpreterOptions options;
  options.kernels = kernels;
  options.profile = true;
  return options;
}

int live_objects() {
  void* const library = tflops::load_library(fake_path);
  return reinterpret_cast<int (*)()>(tflops::find_function(library, "FakeTfLiteLiveObjects"))();
}

TEST_CASE(a_library_is_opened_by_path) {
  const auto library = Library::open(fake_path);
  CHECK_EQUAL("0.0.0-fake", library->version());
  CHECK_EQUAL(true, library->has_xnnpack() && library->has_profiler() && library->has_signatures());
  CHECK_EQUAL(true, library->path().find("fake_tflite") != std::string::npos);
}

TEST_CASE(what_is_no_library_is_refused) {
  CHECK_THROWS(RuntimeLibraryError, "there is no such file", Library::open("/nowhere/lib.so"));
  CHECK_THROWS(RuntimeLibraryError, "it is a directory", Library::open("/"));
  CHECK_THROWS(RuntimeLibraryError, "cannot load", Library::open("/etc/passwd"));
  CHECK_THROWS(RuntimeLibraryError, "carries no TensorFlow Lite library", Library::linked());
}

TEST_CASE(an_input_goes_through) {
  const Opened model("");
  const std::vector<float> values{1.0F, -2.0F, 3.5F, 0.0F};
  const auto input = model->input(0);
  CHECK_EQUAL(std::int64_t{16}, input.info.byte_size);
  std::memcpy(input.data, values.data(), 16);
  CHECK_EQUAL(true, model->invoke() >= 0);
  std::vector<float> seen(4);
  std::memcpy(seen.data(), model->output(0).data, 16);
  CHECK_EQUAL(values, seen);
}

TEST_CASE(the_interpreter_keeps_its_library) {
  auto library = Library::open(fake_path);
  const std::string text = script("");
  const auto interpreter = library->create(ModelBytes{text.data(), text.size()}, {});
  library.reset();
  interpreter->allocate();
  CHECK_EQUAL(std::size_t{1}, interpreter->time_invokes({1, 0.0}, 1, nothing_between).size());
}

TEST_CASE(inputs_are_resized) {
  const Opened model("");
  model->resize_input(0, {2, 3, 4});
  CHECK_THROWS(InvokeError, "call allocate() first", model->invoke());
  CHECK_THROWS(InvokeError, "call allocate() first", model->input(0));
  model->allocate();
  CHECK_EQUAL((std::vector<std::int64_t>{2, 3, 4}), model->input_info(0).shape);
  CHECK_EQUAL(std::int64_t{96}, model->input(0).info.byte_size);
  model->resize_input(0, {});
  model->allocate();
  CHECK_EQUAL(std::int64_t{4}, model->input(0).info.byte_size);
  CHECK_THROWS(std::invalid_argument, "a dimension must be", model->resize_input(0, {-1}));
  CHECK_THROWS(std::invalid_argument, "a dimension must be", model->resize_input(0, {std::int64_t{1} << 31}));
}

TEST_CASE(positions_that_do_not_exist) {
  const Opened model("");
  for (const std::int64_t position : {std::int64_t{-1}, std::int64_t{1}, std::int64_t{1} << 40}) {
    CHECK_THROWS(std::out_of_range, "there is no input", model->input_info(position));
    CHECK_THROWS(std::out_of_range, "there is no output", model->output(position));
    CHECK_THROWS(std::out_of_range, "there is no input", model->resize_input(position, {1}));
  }
  CHECK_EQUAL(true, model->tensor_info(1).has_value());
  CHECK_EQUAL(false, model->tensor_info(2).has_value());
  CHECK_EQUAL(false, model->tensor_info(-1).has_value());
  CHECK_THROWS(std::out_of_range, "there is no tensor 2", model->tensor(2));
}

TEST_CASE(a_signature_has_the_same_tensors) {
  InterpreterOptions options;
  options.signature = "serve";
  const Opened model("", options);
  CHECK_EQUAL("x", model->input_info(0).name);
  CHECK_EQUAL(1, model->output_info(0).index);
  model->resize_input(0, {5});
  model->allocate();
  CHECK_EQUAL(std::size_t{3}, model->time_invokes({3, 10.0}, 2, nothing_between).size());
  options.signature = "other";
  CHECK_THROWS(std::invalid_argument, "no signature 'other': it has 'serve'", Opened("", options));
}

TEST_CASE(failures_repeat_the_library) {
  CHECK_THROWS(InvokeError, "could not open a model of", Opened("on load 1 fail no"));
  CHECK_THROWS(InvokeError, "create an interpreter with XNNPACK kernels: no", Opened("on create 1 fail no"));
  CHECK_THROWS(InvokeError, "could not allocate tensors: no", Opened("on allocate 1 fail no"));
  const Opened resizing("on resize 1 fail no");
  CHECK_THROWS(InvokeError, "could not resize an input: no", resizing->resize_input(0, {1}));
  const Opened resetting("on reset 1 fail no");
  CHECK_THROWS(InvokeError, "could not reset variables: no", resetting->reset_variables());
  resetting->reset_variables();
}

TEST_CASE(long_and_repeated_messages) {
  const std::string words(10000, 'w');
  const Opened model("on invoke * fail " + words + "\non invoke 2 fail " + words + "\non invoke 3 fail other");
  for (int time = 1; time <= 2; ++time) {
    CHECK_THROWS(InvokeError, "could not invoke the model: " + words, model->invoke());
  }
  CHECK_THROWS(InvokeError, words + "; other", model->invoke());
}

TEST_CASE(a_failure_in_the_midst_of_timing) {
  const Opened model("on invoke 4 fail no");
  CHECK_THROWS(InvokeError, "no", model->time_invokes({3, 10.0}, 2, nothing_between));
  CHECK_EQUAL(std::size_t{3}, model->time_invokes({3, 10.0}, 2, nothing_between).size());
}

TEST_CASE(limits_are_checked) {
  const Opened model("");
  CHECK_THROWS(std::invalid_argument, "runs must be", model->time_invokes({0, 1.0}, 1, nothing_between));
  CHECK_THROWS(std::invalid_argument, "max_seconds must be", model->time_invokes({1, -1.0}, 1, nothing_between));
  CHECK_THROWS(std::invalid_argument, "invokes_per_sample", model->time_invokes({1, 1.0}, 0, nothing_between));
  CHECK_EQUAL(std::size_t{1}, model->time_invokes({std::int64_t{1} << 60, 0.0}, 1, nothing_between).size());
}

TEST_CASE(what_is_called_between_runs_can_end_them) {
  struct Enough {};
  const Opened model("durations 30000000", profiled());
  const auto stop = [] { throw Enough(); };
  int ended = 0;
  for (const bool is_profiled : {false, true}) {
    try {
      if (is_profiled) {
        model->profile_invokes({1000, 1000.0}, stop);
      } else {
        model->time_invokes({1000, 1000.0}, 1, stop);
      }
    } catch (const Enough&) {
      ++ended;
    }
  }
  CHECK_EQUAL(2, ended);
  CHECK_EQUAL(std::size_t{1}, model->profile_invokes({1, 0.0}, nothing_between).size());
  CHECK_EQUAL(std::size_t{2}, model->profile().run_offsets().size());
}

const std::string mixed_operators =
    "operator NEG\noperator ABS xnnpack 12 Abs (NC, F32)\noperator ABS xnnpack 7 Abs (NC, F32)\noperator NEG";

std::vector<std::string> names_of(const Interpreter& interpreter) {
  std::vector<std::string> names;
  for (const auto& record : interpreter.profile().records()) {
    const ProfileEvent& event = interpreter.profile().events()[static_cast<std::size_t>(record.event_id)];
    names.push_back(event.name + " " + std::to_string(event.operator_index));
  }
  return names;
}

TEST_CASE(operators_are_recorded_per_run) {
  const Opened delegated(mixed_operators, profiled());
  CHECK_EQUAL(std::size_t{2}, delegated->profile_invokes({2, 10.0}, nothing_between).size());
  CHECK_EQUAL((std::vector<std::string>{"NEG 0", "Abs (NC, F32) 0", "Abs (NC, F32) 1", "NEG 3", "NEG 0",
                                        "Abs (NC, F32) 0", "Abs (NC, F32) 1", "NEG 3"}),
              names_of(*delegated.interpreter));
  CHECK_EQUAL((std::vector<std::int64_t>{0, 4, 8}), delegated->profile().run_offsets());
  CHECK_EQUAL(std::int64_t{12000}, delegated->profile().records()[1].elapsed_ns);
  CHECK_EQUAL(true, delegated->profile().is_fixed_sequence());
  const Opened builtin(mixed_operators, profiled(Kernels::builtin));
  builtin->profile_invokes({1, 10.0}, nothing_between);
  CHECK_EQUAL((std::vector<std::string>{"NEG 0", "ABS 1", "ABS 2", "NEG 3"}), names_of(*builtin.interpreter));
}

TEST_CASE(many_runs_are_recorded) {
  const Opened model(mixed_operators, profiled());
  CHECK_EQUAL(std::size_t{5000}, model->profile_invokes({5000, 100.0}, nothing_between).size());
  CHECK_EQUAL(std::size_t{20000}, model->profile().records().size());
}

TEST_CASE(a_failure_in_the_midst_of_profiling) {
  const Opened model(mixed_operators + "\non operator:2 2 fail no", profiled());
  CHECK_THROWS(InvokeError, "no", model->profile_invokes({3, 10.0}, nothing_between));
  model->invoke();
  CHECK_EQUAL(std::size_t{3}, model->profile_invokes({3, 10.0}, nothing_between).size());
  CHECK_EQUAL(true, model->profile().is_fixed_sequence());
  CHECK_EQUAL(std::size_t{12}, model->profile().records().size());
}

TEST_CASE(the_operator_that_runs_is_noted_for_others) {
  const Opened model(mixed_operators + "\non operator:0 3 bad_alloc\non operator:2 3 bad_alloc", profiled());
  tflops::LastOperator last{};
  model->watch_operators(&last);
  model->profile_invokes({2, 10.0}, nothing_between);
  CHECK_EQUAL((std::vector<std::int64_t>{3, 3, 0}),
              (std::vector<std::int64_t>{last.state, last.operator_index, last.subgraph_index}));
  CHECK_THROWS(std::bad_alloc, "", model->profile_invokes({1, 10.0}, nothing_between));
  CHECK_EQUAL((std::vector<std::int64_t>{2, 0}), (std::vector<std::int64_t>{last.state, last.operator_index}));
  // In the delegate's partition: the last that is known is the operator in front of it.
  CHECK_THROWS(std::bad_alloc, "", model->profile_invokes({1, 10.0}, nothing_between));
  CHECK_EQUAL((std::vector<std::int64_t>{3, 0}), (std::vector<std::int64_t>{last.state, last.operator_index}));
  model->watch_operators(nullptr);
  model->profile_invokes({1, 10.0}, nothing_between);
  CHECK_EQUAL(std::int64_t{0}, std::int64_t{last.operator_index});
}

TEST_CASE(profiling_needs_a_profiler) {
  const Opened model("");
  CHECK_THROWS(InvokeError, "created without profile", model->profile_invokes({1, 1.0}, nothing_between));
}

TEST_CASE(errors_of_other_types_pass_through) {
  const Opened model("on invoke 1 bad_alloc");
  CHECK_THROWS(std::bad_alloc, "", model->invoke());
  model->invoke();
}

TEST_CASE(options_that_cannot_be_right) {
  InterpreterOptions options;
  options.threads = 0;
  CHECK_THROWS(std::invalid_argument, "threads must be at least 1", Opened("", options));
}

}  // namespace

int main(int argument_count, char** arguments) {
  if (argument_count != 2) {
    std::fprintf(stderr, "usage: core_test PATH_OF_THE_FAKE_LIBRARY\n");
    return 2;
  }
  fake_path = arguments[1];
  check::run_all();
  // The fake library ends the process if something is deleted too early; this is what never was.
  CHECK_EQUAL(0, live_objects());
  return check::failures == 0 ? 0 : 1;
}

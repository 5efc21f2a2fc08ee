// The core without Python: every path through it that a sanitizer should see, against the fake library.
//
//   core_test PATH_OF_THE_FAKE_LIBRARY
#include "core_test.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>
#include <stdexcept>
#include <thread>

#include "check.hpp"
#include "dynamic_library.hpp"
#include "errors.hpp"

namespace core_test {

thread_local bool memory_is_exhausted = false;
std::string fake_path;

}  // namespace core_test

void* operator new(std::size_t size) {
  void* const place = core_test::memory_is_exhausted ? nullptr : std::malloc(std::max<std::size_t>(size, 1));
  if (place == nullptr) throw std::bad_alloc();
  return place;
}
void operator delete(void* place) noexcept { std::free(place); }
void operator delete(void* place, std::size_t) noexcept { std::free(place); }

namespace core_test {
namespace {

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

TEST_CASE(several_threads_measure_at_the_same_time) {
  // Each has an interpreter of its own; the library and what the core keeps for itself are shared.
  constexpr int count = 4;
  std::array<std::string, count> failures;
  std::vector<std::thread> threads;
  threads.reserve(count);
  for (int i = 0; i < count; ++i) {
    threads.emplace_back([i, &failure = failures[static_cast<std::size_t>(i)]] {
      try {
        for (int round = 0; round < 5; ++round) {
          const Opened timed(i == 0 ? "on invoke 8 fail enough of this" : "durations 1000 2000");
          int between = 0;
          try {
            if (timed->time_invokes({20, 10.0}, 2, [&between] { ++between; }).size() != 20) failure = "samples";
            if (i == 0) failure = "no failure";
          } catch (const InvokeError& error) {
            const std::string text = error.what();
            if (i != 0 || text.find("enough of this") == std::string::npos) failure = text;
          }
          Opened with_operators("operator ABS\noperator NEG\n", profiled(Kernels::builtin));
          if (with_operators->profile_invokes({10, 10.0}, nothing_between).size() != 10) failure = "profile";
        }
      } catch (const std::exception& error) {
        failure = error.what();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& failure : failures) CHECK_EQUAL(std::string(), failure);
}

TEST_CASE(errors_of_other_types_pass_through) {
  const Opened model("on invoke 1 bad_alloc");
  CHECK_THROWS(std::bad_alloc, "", model->invoke());
  model->invoke();
}

TEST_CASE(what_a_library_throws_is_an_error_of_its_step) {
  const std::string thrown = " 1 throw vector::reserve";
  CHECK_THROWS(InvokeError, "could not open the model: vector::reserve", Opened("on load" + thrown));
  CHECK_THROWS(InvokeError, "could not open the model: vector::reserve", Opened("on create" + thrown));
  CHECK_THROWS(InvokeError, "could not allocate tensors: vector::reserve", Opened("on allocate" + thrown));
  const Opened model("on resize" + thrown + "\non reset" + thrown + "\non invoke" + thrown);
  CHECK_THROWS(InvokeError, "could not reset variables: vector::reserve", model->reset_variables());
  CHECK_THROWS(InvokeError, "could not invoke the model: vector::reserve", model->invoke());
  model->invoke();
  CHECK_THROWS(InvokeError, "could not resize an input: vector::reserve", model->resize_input(0, {1}));
}

TEST_CASE(options_that_cannot_be_right) {
  InterpreterOptions options;
  for (const int threads : {-1, 0, 1025, std::numeric_limits<int>::max()}) {
    options.threads = threads;
    CHECK_THROWS(std::invalid_argument, "threads must be at least 1 and at most 1024", Opened("", options));
  }
  options.threads = 1024;
  Opened("", options);
}

}  // namespace
}  // namespace core_test

int main(int argument_count, char** arguments) {
  if (argument_count != 2) {
    std::fprintf(stderr, "usage: core_test PATH_OF_THE_FAKE_LIBRARY\n");
    return 2;
  }
  core_test::fake_path = arguments[1];
  check::run_all();
  // The fake library ends the process if something is deleted too early; this is what never was.
  CHECK_EQUAL(0, core_test::live_objects());
  return check::failures == 0 ? 0 : 1;
}

// The core without Python: every path through it that a sanitizer should see, against the fake library.
//
//   core_test PATH_OF_THE_FAKE_LIBRARY
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdarg>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <limits>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "check.hpp"
#include "clock.hpp"
#include "dynamic_library.hpp"
#include "error_log.hpp"
#include "errors.hpp"
#include "fast_clock.hpp"
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

namespace memory {

// Of this thread: while it is set, there is none.
thread_local bool is_exhausted = false;

}  // namespace memory

void* operator new(std::size_t size) {
  void* const place = memory::is_exhausted ? nullptr : std::malloc(std::max<std::size_t>(size, 1));
  if (place == nullptr) throw std::bad_alloc();
  return place;
}
void operator delete(void* place) noexcept { std::free(place); }
void operator delete(void* place, std::size_t) noexcept { std::free(place); }

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

#if defined(__linux__)
constexpr std::int64_t clocked_resolution_ns = 1;
#else
constexpr std::int64_t clocked_resolution_ns = 1000;
#endif

TEST_CASE(times_that_a_delegate_reads_off_the_systems_clock_are_nanoseconds) {
  const Opened model(
      "operator NEG\noperator ABS xnnpack clock Abs (NC, F32)\noperator ABS xnnpack clock Abs (NC, F32)\n"
      "on operator:1 * sleep 50000\non operator:2 * sleep 7000",
      profiled());
  for (int round = 0; round < 2; ++round) {
    const auto invoke_ns = model->profile_invokes({20, 10.0}, nothing_between);
    CHECK_EQUAL(clocked_resolution_ns, model->delegate_clock().resolution_ns);
    CHECK_EQUAL(std::int64_t{1}, model->builtin_clock().resolution_ns);
    CHECK_EQUAL(clocked_resolution_ns == 1, model->delegate_clock().own_ns > 0);
    const auto& records = model->profile().records();
    bool all_are_microseconds = true;
    for (std::size_t run = 0; run < 20; ++run) {
      const std::int64_t first = records[3 * run + 1].elapsed_ns;
      const std::int64_t second = records[3 * run + 2].elapsed_ns;
      CHECK_EQUAL(true, first >= 49'000 && second >= 6'000);
      CHECK_EQUAL(true, records[3 * run].elapsed_ns + first + second <= invoke_ns[run]);
      all_are_microseconds = all_are_microseconds && first % 1000 == 0 && second % 1000 == 0;
    }
    CHECK_EQUAL(clocked_resolution_ns != 1, all_are_microseconds);
  }
}

TEST_CASE(times_that_a_delegate_has_elsewhere_stay_microseconds) {
  const Opened model("operator ABS xnnpack 12 Abs (NC, F32)", profiled());
  model->profile_invokes({3, 10.0}, nothing_between);
  CHECK_EQUAL(std::int64_t{12000}, model->profile().records()[2].elapsed_ns);
  CHECK_EQUAL(std::int64_t{1000}, model->delegate_clock().resolution_ns);
  CHECK_EQUAL(0.0, model->delegate_clock().own_ns);
}

std::int64_t now_us() { return tflops::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()) / 1000; }

TEST_CASE(the_clock_of_a_library_is_fast_only_while_and_where_that_is_wanted) {
#if defined(__linux__)
  const auto read_us =
      reinterpret_cast<std::uint64_t (*)()>(tflops::find_function(tflops::load_library(fake_path), "FakeTfLiteNowUs"));
  const auto is_the_systems = [&] {
    const std::int64_t before = now_us();
    const auto read = static_cast<std::int64_t>(read_us());
    return before <= read && read <= now_us();
  };
  CHECK_EQUAL(true, is_the_systems());
  CHECK_EQUAL(true, tflops::redirect_clock(reinterpret_cast<const void*>(read_us)));
  CHECK_EQUAL(true, tflops::redirect_clock(reinterpret_cast<const void*>(read_us)));
  CHECK_EQUAL(true, is_the_systems());
  for (int round = 0; round < 2; ++round) {
    const std::int64_t outer_start_us = now_us();
    const tflops::FastClock clock;
    const std::int64_t inner_start_us = now_us();
    const auto first = static_cast<std::int64_t>(read_us());
    while (now_us() < inner_start_us + 3'000) {
    }
    const std::int64_t inner_end_us = now_us();
    const auto second = static_cast<std::int64_t>(read_us());
    const std::int64_t outer_end_us = now_us();
    CHECK_EQUAL(true, first <= 1000 * (inner_end_us - outer_start_us + 1));
    CHECK_EQUAL(true, second >= 1000 * (inner_end_us - inner_start_us - 1));
    CHECK_EQUAL(true, second <= 1000 * (outer_end_us - outer_start_us + 1));
    CHECK_EQUAL(std::int64_t{2}, clock.reads());
    bool is_real_elsewhere = false;
    std::thread([&] { is_real_elsewhere = is_the_systems(); }).join();
    CHECK_EQUAL(true, is_real_elsewhere);
    CHECK_EQUAL(std::int64_t{2}, clock.reads());
  }
  CHECK_EQUAL(true, is_the_systems());
  CHECK_EQUAL(std::size_t{50}, tflops::time_fast_clock(50).size());
#else
  CHECK_EQUAL(false, tflops::redirect_clock(reinterpret_cast<const void*>(&now_us)));
  CHECK_EQUAL(std::size_t{0}, tflops::time_fast_clock(50).size());
#endif
  CHECK_THROWS(std::invalid_argument, "count must be at least 1", tflops::time_fast_clock(0));
}

TEST_CASE(no_clock_is_redirected_where_there_is_none_or_it_is_our_own) {
  CHECK_EQUAL(false, tflops::redirect_clock(reinterpret_cast<const void*>(&now_us)));
  CHECK_EQUAL(false, tflops::redirect_clock(nullptr));
  int here = 0;
  CHECK_EQUAL(false, tflops::redirect_clock(&here));
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

// A clock that is read by counting: one step of so many nanoseconds at each so many-th read.
struct CountingClock {
  std::int64_t step_ns;
  std::int64_t reads_per_step;
  std::int64_t reads = 0;

  tflops::Clock::time_point operator()() {
    return tflops::Clock::time_point(std::chrono::nanoseconds(step_ns * (reads++ / reads_per_step)));
  }
};

TEST_CASE(clocks_of_all_kinds_are_calibrated) {
  const auto fine = tflops::calibrate_clock(CountingClock{25, 1});
  CHECK_EQUAL(std::int64_t{25}, fine.resolution_ns);
  CHECK_EQUAL(25.0, fine.read_ns);
  const auto microseconds = tflops::calibrate_clock(CountingClock{1000, 40});
  CHECK_EQUAL(std::int64_t{1000}, microseconds.resolution_ns);
  CHECK_EQUAL(25.0, microseconds.read_ns);
  // That of old Windows: a thousand steps would take a quarter of a minute.
  CountingClock coarse{15'625'000, 625'000};
  CHECK_EQUAL(std::int64_t{15'625'000}, tflops::calibrate_clock(std::ref(coarse)).resolution_ns);
  CHECK_EQUAL(true, coarse.reads < 10 * coarse.reads_per_step);
  CHECK_THROWS(InvokeError, "does not advance", tflops::calibrate_clock(CountingClock{0, 1}));
}

void say(tflops::ErrorLog& log, const char* format, ...) {
  std::va_list arguments;
  va_start(arguments, format);
  tflops::ErrorLog::report(&log, format, arguments);
  va_end(arguments);
}

TEST_CASE(callbacks_do_not_throw_and_hide_nothing) {
  static_assert(noexcept(tflops::ErrorLog::report(nullptr, nullptr, std::declval<std::va_list&>())));
  const std::string words(1000, 'w');
  tflops::ErrorLog log;
  say(log, "%s", "first.\n");
  memory::is_exhausted = true;
  say(log, "%s", words.c_str());
  log.add(words.c_str());
  memory::is_exhausted = false;
  say(log, "%s", "last");
  CHECK_EQUAL("first; last; 2 messages were lost for lack of memory", log.text());
  log.clear();
  CHECK_EQUAL("", log.text());

  tflops::ProfileRecorder recorder;
  recorder.start();
  recorder.begin_run();
  const std::uint32_t outer = recorder.begin_operator("outer", 0, 0);
  memory::is_exhausted = true;
  recorder.end_operator(recorder.begin_operator(words.c_str(), 1, 0));
  recorder.add_delegated(words.c_str(), 7, 2, 0);
  memory::is_exhausted = false;
  recorder.end_operator(outer);
  recorder.end_operator(recorder.begin_operator("next", 3, 0));
  recorder.stop();
  CHECK_EQUAL(std::int64_t{2}, recorder.lost());
  CHECK_EQUAL(std::size_t{2}, recorder.records().size());
  CHECK_EQUAL(0, recorder.records().back().depth);
  recorder.start();
  CHECK_EQUAL(std::int64_t{0}, recorder.lost());
}

// An interpreter whose memory is full while it runs.
class Exhausted final : public Interpreter {
 public:
  Exhausted() : Interpreter("Nothing", profiled()) { allocate(); }
  std::size_t input_count() const override { return 0; }
  std::size_t output_count() const override { return 0; }
  std::optional<tflops::TensorInfo> tensor_info(std::int64_t) const override { return std::nullopt; }

 private:
  tflops::TensorInfo describe_input(std::size_t) const override { return {}; }
  tflops::TensorInfo describe_output(std::size_t) const override { return {}; }
  tflops::TensorView view_input(std::size_t) const override { return {}; }
  tflops::TensorView view_output(std::size_t) const override { return {}; }
  tflops::TensorView view_tensor(std::int64_t) const override { return {}; }
  std::vector<tflops::TensorPlace> list_places() const override { return {}; }
  void resize(std::size_t, const std::vector<int>&) override {}
  void allocate_tensors() override {}
  void reset() override {}
  void run(std::int64_t) override {
    const std::string name(1000, 'n');
    memory::is_exhausted = true;
    recorder_.end_operator(recorder_.begin_operator(name.c_str(), 0, 0));
    memory::is_exhausted = false;
  }
};

TEST_CASE(a_profile_with_lost_events_is_an_error) {
  Exhausted interpreter;
  CHECK_THROWS(InvokeError, "3 events of operators were lost", interpreter.profile_invokes({3, 10.0}, nothing_between));
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

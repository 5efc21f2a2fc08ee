// The recording of operators and the clocks under it, and what becomes of both where memory is full.
#include <algorithm>
#include <chrono>
#include <cstdarg>
#include <cstring>
#include <functional>
#include <memory>
#include <new>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "check.hpp"
#include "clock.hpp"
#include "core_test.hpp"
#include "dynamic_library.hpp"
#include "error_log.hpp"
#include "errors.hpp"
#include "fast_clock.hpp"

namespace core_test {
namespace {

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
    // It stands still while it is read, which can be long on a busy machine.
    const std::int64_t read_us_at_most = now_us() - inner_start_us + 1;
    while (now_us() < inner_start_us + 3'000) {
    }
    const std::int64_t inner_end_us = now_us();
    const auto second = static_cast<std::int64_t>(read_us());
    const std::int64_t outer_end_us = now_us();
    CHECK_EQUAL(true, first <= 1000 * (inner_end_us - outer_start_us + 1));
    CHECK_EQUAL(true, second >= 1000 * (inner_end_us - inner_start_us - read_us_at_most - 1));
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

#if defined(__linux__)
TEST_CASE(a_fast_clock_stands_still_while_it_is_read) {
  const auto read_us =
      reinterpret_cast<std::uint64_t (*)()>(tflops::find_function(tflops::load_library(fake_path), "FakeTfLiteNowUs"));
  CHECK_EQUAL(true, tflops::redirect_clock(reinterpret_cast<const void*>(read_us)));
  const auto before = std::chrono::steady_clock::now();
  const tflops::FastClock clock;
  std::int64_t passed_ns = 0;
  while (clock.reads() < 2'000) passed_ns = static_cast<std::int64_t>(read_us());
  const std::int64_t all_ns = tflops::nanoseconds(std::chrono::steady_clock::now() - before);
  // No clock is read in less than a nanosecond.
  CHECK_EQUAL(true, passed_ns > 0);
  CHECK_EQUAL(true, passed_ns + 2'000 <= all_ns);
}
#endif

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
  memory_is_exhausted = true;
  say(log, "%s", words.c_str());
  log.add(words.c_str());
  memory_is_exhausted = false;
  say(log, "%s", "last");
  CHECK_EQUAL("first; last; 2 messages were lost for lack of memory", log.text());
  log.clear();
  CHECK_EQUAL("", log.text());

  tflops::ProfileRecorder recorder;
  recorder.start();
  recorder.begin_run();
  const std::uint32_t outer = recorder.begin_operator("outer", 0, 0);
  memory_is_exhausted = true;
  recorder.end_operator(recorder.begin_operator(words.c_str(), 1, 0));
  recorder.add_delegated(words.c_str(), 7, 2, 0);
  memory_is_exhausted = false;
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
  std::vector<tflops::TensorPlace> list_places(std::int64_t) const override { return {}; }
  void resize(std::size_t, const std::vector<int>&) override {}
  void allocate_tensors() override {}
  void reset() override {}
  void run(std::int64_t) override {
    const std::string name(1000, 'n');
    memory_is_exhausted = true;
    recorder_.end_operator(recorder_.begin_operator(name.c_str(), 0, 0));
    memory_is_exhausted = false;
  }
};

TEST_CASE(a_profile_with_lost_events_is_an_error) {
  Exhausted interpreter;
  CHECK_THROWS(InvokeError, "3 events of operators were lost", interpreter.profile_invokes({3, 10.0}, nothing_between));
}

}  // namespace
}  // namespace core_test

#include "interpreter.hpp"

#include <algorithm>
#include <limits>

#include "errors.hpp"
#include "statistics.hpp"

namespace tflops {
namespace {

constexpr int most_threads = 1024;
constexpr std::int64_t us_in_ns = 1000;
// So many give a median.
constexpr std::int64_t clock_reads = 1001;

std::size_t check_position(std::int64_t position, std::size_t count, const char* what) {
  if (position < 0 || position >= static_cast<std::int64_t>(count)) {
    throw PositionError("there is no " + std::string(what) + " " + std::to_string(position) + ": the model has " +
                        std::to_string(count));
  }
  return static_cast<std::size_t>(position);
}

std::vector<int> to_dims(const std::vector<std::int64_t>& shape) {
  std::vector<int> dims;
  for (const std::int64_t extent : shape) {
    if (extent < 0 || extent > std::numeric_limits<int>::max()) {
      throw ArgumentError("a dimension must be between 0 and 2^31 - 1, not " + std::to_string(extent));
    }
    dims.push_back(static_cast<int>(extent));
  }
  return dims;
}

}  // namespace

Interpreter::Interpreter(const char* runtime, const InterpreterOptions& options)
    : runtime_(runtime), can_profile_(options.profile) {
  // More than that hangs a machine, and a thread that cannot be created is waited for without end.
  if (options.threads < 1 || options.threads > most_threads) {
    throw ArgumentError("threads must be at least 1 and at most " + std::to_string(most_threads) + ", not " +
                        std::to_string(options.threads));
  }
}

TensorInfo Interpreter::input_info(std::int64_t position) const {
  return describe_input(check_position(position, input_count(), "input"));
}

TensorInfo Interpreter::output_info(std::int64_t position) const {
  return describe_output(check_position(position, output_count(), "output"));
}

TensorView Interpreter::input(std::int64_t position) const {
  need_allocation("reach an input");
  return view_input(check_position(position, input_count(), "input"));
}

TensorView Interpreter::output(std::int64_t position) const {
  need_allocation("reach an output");
  return view_output(check_position(position, output_count(), "output"));
}

TensorView Interpreter::tensor(std::int64_t index) const {
  need_allocation("reach a tensor");
  return view_tensor(index);
}

std::vector<TensorPlace> Interpreter::tensor_memory(std::int64_t subgraph) const {
  need_allocation("list the memory of tensors");
  return list_places(subgraph);
}

void Interpreter::resize_input(std::int64_t position, const std::vector<std::int64_t>& shape) {
  const std::size_t index = check_position(position, input_count(), "input");
  const std::vector<int> dims = to_dims(shape);
  is_allocated_ = false;
  calling("resize an input", [&] { resize(index, dims); });
}

void Interpreter::allocate() {
  is_allocated_ = false;
  calling("allocate tensors", [&] { allocate_tensors(); });
  is_allocated_ = true;
}

void Interpreter::reset_variables() {
  need_allocation("reset variables");
  calling("reset variables", [&] { reset(); });
}

std::int64_t Interpreter::invoke() {
  return time_invokes({1, 0.0}, 1, [] {}).front();
}

std::vector<std::int64_t> Interpreter::time_invokes(const Limits& limits, std::int64_t invokes_per_sample,
                                                    const Between& between) {
  need_allocation("invoke");
  if (invokes_per_sample < 1) {
    throw ArgumentError("invokes_per_sample must be at least 1, not " + std::to_string(invokes_per_sample));
  }
  const auto prepare = [&] {
    pace_.wait(limits.interval_seconds, [&] { between(); });
    prepare_run();
  };
  const auto call = [&] { calling("invoke the model", [&] { run(invokes_per_sample); }); };
  return time_calls(limits, prepare, call, [&] { between(); });
}

std::vector<std::int64_t> Interpreter::profile_invokes(const Limits& limits, const Between& between) {
  if (!can_profile_) throw InvokeError("this interpreter cannot profile: it was created without profile=True");
  need_allocation("profile");
  std::vector<std::int64_t> samples;
  bool is_fast = false;
  if (is_clock_redirected_) {
    const FastClock clock;
    samples = record_invokes(limits, between);
    // Whoever measures an operator reads the clock for it. If not, it was another clock, which is not fast.
    is_fast = clock.reads() >= recorder_.measured_by_others();
  } else {
    samples = record_invokes(limits, between);
  }
  recorder_.convert_units(is_fast ? us_in_ns / fast_clock_factor : us_in_ns);
  describe_clocks(is_fast);
  return samples;
}

std::vector<std::int64_t> Interpreter::record_invokes(const Limits& limits, const Between& between) {
  struct Recording {
    Interpreter& self;
    explicit Recording(Interpreter& s) : self(s) { self.recorder_.start(); }
    Recording(const Recording&) = delete;
    Recording& operator=(const Recording&) = delete;
    ~Recording() {
      self.recorder_.stop();
      self.stop_events();
    }
  };
  const Recording recording(*this);
  bool has_run = false;
  const auto prepare = [this, &has_run] {
    if (has_run) collect_events();
    has_run = true;
    prepare_run();
    start_events();
    recorder_.begin_run();
  };
  const auto call = [this] { calling("invoke the model", [this] { run(1); }); };
  auto samples = time_calls(limits, prepare, call, [&] { between(); });
  collect_events();
  if (recorder_.lost() > 0) {
    throw InvokeError("the profile is incomplete: " + std::to_string(recorder_.lost()) +
                      " events of operators were lost for lack of memory");
  }
  return samples;
}

void Interpreter::describe_clocks(bool is_fast) {
  // Of whole microseconds it is not known what the clock's share is.
  delegate_clock_ = is_fast ? ProfileClock{1, median_of(time_fast_clock(clock_reads))} : ProfileClock{us_in_ns, 0.0};
  builtin_clock_ = times_all_operators()
                       ? delegate_clock_
                       : ProfileClock{1, median_of(ProfileRecorder::time_empty_operators(clock_reads))};
}

void Interpreter::fail(const std::string& what, const std::string& reason) const {
  throw InvokeError(std::string(runtime_) + " could not " + what + ": " + reason);
}

void Interpreter::need_allocation(const char* what) const {
  if (!is_allocated_) {
    throw InvokeError("cannot " + std::string(what) + ": call allocate() first, and again after resize_input()");
  }
}

}  // namespace tflops

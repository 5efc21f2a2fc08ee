#include "measurement.hpp"

#include <algorithm>
#include <stdexcept>

#include "affinity.hpp"
#include "errors.hpp"
#include "random_inputs.hpp"
#include "runtime_library.hpp"

namespace tflops::timer {
namespace {

constexpr Limits warm_up_limits{100, 0.3};
// Without a number of runs: a second, but enough of them for a median, within the time that is given.
constexpr std::int64_t most_samples = 10'000;
constexpr std::int64_t least_samples = 20;
constexpr double measure_seconds = 1.0;
constexpr std::int64_t profiled_runs = 200;
constexpr std::int64_t least_profiled_runs = 10;
constexpr double profile_seconds = 0.5;
// A sample as long as so many steps of the clock is known to a tenth of a percent.
constexpr std::int64_t sample_steps = 1000;

void nothing() {}

std::string input_names(const Interpreter& interpreter) {
  std::string names;
  for (std::size_t i = 0; i < interpreter.input_count(); ++i) {
    names += (i == 0 ? "'" : ", '") + interpreter.input_info(static_cast<std::int64_t>(i)).name + "'";
  }
  return names.empty() ? "none" : names;
}

std::int64_t position_of(const Interpreter& interpreter, const std::string& name) {
  if (name.empty() && interpreter.input_count() == 1) return 0;
  for (std::size_t i = 0; i < interpreter.input_count(); ++i) {
    const auto position = static_cast<std::int64_t>(i);
    if (interpreter.input_info(position).name == name) return position;
  }
  const std::string what = name.empty() ? "an input shape needs a name here" : "there is no input '" + name + "'";
  throw std::invalid_argument(what + "; the inputs are: " + input_names(interpreter));
}

std::unique_ptr<Interpreter> open(const Library& library, const Options& options, bool profile) {
  InterpreterOptions wanted = options.interpreter;
  wanted.profile = profile;
  return library.create(ModelSource(options.model), wanted);
}

void allocate(Interpreter& interpreter, const Options& options) {
  for (const auto& [name, shape] : options.input_shapes)
    interpreter.resize_input(position_of(interpreter, name), shape);
  interpreter.allocate();
}

// XNNPACK ends the process on some shapes that do not fit; the runtime's own kernels say what is wrong.
void check_shapes(const Library& library, const Options& options) {
  Options careful = options;
  careful.interpreter.kernels = Kernels::builtin;
  const auto interpreter = open(library, careful, false);
  try {
    allocate(*interpreter, careful);
  } catch (const InvokeError& error) {
    throw InvokeError(error.what() + std::string("; --input-shape chooses other shapes of inputs"));
  }
}

std::vector<std::int64_t> take_samples(Interpreter& interpreter, const Options& options, std::int64_t batch) {
  const auto& between = nothing;
  if (options.runs) return interpreter.time_invokes({*options.runs, options.max_seconds}, batch, between);
  const auto start = Clock::now();
  const double first = std::min(measure_seconds, options.max_seconds);
  auto samples = interpreter.time_invokes({most_samples, first}, batch, between);
  const std::chrono::duration<double> spent = Clock::now() - start;
  const auto missing = least_samples - static_cast<std::int64_t>(samples.size());
  if (missing > 0 && spent.count() < options.max_seconds) {
    const auto more = interpreter.time_invokes({missing, options.max_seconds - spent.count()}, batch, between);
    samples.insert(samples.end(), more.begin(), more.end());
  }
  return samples;
}

void profile(const Options& options, Measurement& measurement, std::int64_t shortest_ns) {
  measurement.profiled = open(*measurement.library, options, true);
  Interpreter& interpreter = *measurement.profiled;
  allocate(interpreter, options);
  fill_random_inputs(interpreter, options.seed);
  interpreter.invoke();
  // Enough runs where one of them is long, but no longer than the clean ones may take.
  const double needed = 3e-9 * static_cast<double>(least_profiled_runs * shortest_ns);
  const double limit = std::min(std::max(profile_seconds, needed), options.max_seconds);
  measurement.profiled_ns = interpreter.profile_invokes({profiled_runs, limit}, nothing);
}

}  // namespace

Measurement measure(const Options& options) {
  Measurement measurement;
  measurement.library = open_runtime(options.runtime);
  // Before the runtime starts threads, which inherit it.
  if (!options.pin.empty()) set_allowed_cpus(options.pin);
  check_shapes(*measurement.library, options);
  measurement.clock = calibrate_clock();
  const auto start = Clock::now();
  const auto interpreter = open(*measurement.library, options, false);
  const auto loaded = Clock::now();
  allocate(*interpreter, options);
  measurement.load_ns = nanoseconds(loaded - start);
  measurement.allocate_ns = nanoseconds(Clock::now() - loaded);
  for (std::size_t i = 0; i < interpreter->input_count(); ++i) {
    const TensorInfo info = interpreter->input_info(static_cast<std::int64_t>(i));
    measurement.input_shapes.emplace_back(info.name, info.shape);
  }
  fill_random_inputs(*interpreter, options.seed);
  measurement.first_invoke_ns = interpreter->invoke();
  measurement.warm_up_ns = interpreter->time_invokes(warm_up_limits, 1, nothing);
  const auto& warm_up = measurement.warm_up_ns;
  const std::int64_t shortest = std::max<std::int64_t>(1, *std::min_element(warm_up.begin(), warm_up.end()));
  const std::int64_t wanted = sample_steps * measurement.clock.resolution_ns;
  measurement.invokes_per_sample = std::max<std::int64_t>(1, (wanted + shortest - 1) / shortest);
  measurement.samples_ns = take_samples(*interpreter, options, measurement.invokes_per_sample);
  if (options.profile && measurement.library->has_profiler()) profile(options, measurement, shortest);
  return measurement;
}

}  // namespace tflops::timer

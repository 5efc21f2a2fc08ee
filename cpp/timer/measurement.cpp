#include "measurement.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "affinity.hpp"
#include "errors.hpp"
#include "random_inputs.hpp"
#include "runtime_library.hpp"
#include "statistics.hpp"

namespace tflops::timer {
namespace {

// As in python/tflops_native/timing, which gives the reasons.
constexpr std::int64_t most_samples = 100'000;
constexpr double least_seconds = 1.0;
constexpr double default_max_seconds = 10.0;
constexpr double chunk_seconds = 0.2;
constexpr double warm_up_seconds = 0.3;
constexpr double most_warm_up_seconds = 3.0;
constexpr double warm_up_look_seconds = 0.1;
constexpr std::int64_t warm_up_look_samples = 1000;
constexpr std::int64_t sample_steps = 1000;
constexpr std::int64_t most_sample_ns = 1'000'000'000;
constexpr double most_factor = 16;
constexpr int trials = 5;
constexpr double trial_seconds = 0.1;
constexpr std::int64_t profiled_runs = 200;
constexpr std::int64_t least_profiled_runs = 10;
constexpr double profile_seconds = 0.5;

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
  throw ArgumentError(what + "; the inputs are: " + input_names(interpreter));
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

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// How many invokes in a row make a sample that the clock can tell to a tenth of a percent.
std::int64_t choose_batch(Interpreter& interpreter, std::int64_t resolution_ns) {
  const auto wanted = static_cast<double>(std::min(sample_steps * resolution_ns, most_sample_ns));
  std::int64_t batch = 1;
  while (true) {
    const double sample = median_of(interpreter.time_invokes({trials, trial_seconds}, batch, nothing));
    if (sample >= wanted) return batch;
    if (static_cast<double>(batch) > wanted) {
      throw InvokeError("the clock of this machine stands still: " + std::to_string(batch) +
                        " inferences seem to take no time");
    }
    const double factor = std::min(wanted / std::max(sample, 1.0), most_factor);
    batch = std::max(batch + 1, static_cast<std::int64_t>(std::llround(static_cast<double>(batch) * factor)));
  }
}

void warm_up(Interpreter& interpreter, const Options& options, Measurement& measurement) {
  const double limit = std::min(most_warm_up_seconds, options.max_seconds.value_or(default_max_seconds));
  const auto start = Clock::now();
  auto& samples = measurement.warm_up_ns;
  while (true) {
    const double elapsed = seconds_since(start);
    measurement.is_steady = is_steady(samples);
    if (!samples.empty() && (elapsed >= limit || (measurement.is_steady && elapsed >= warm_up_seconds))) return;
    const double left = std::max(0.0, std::min(warm_up_look_seconds, limit - elapsed));
    const auto more = interpreter.time_invokes({warm_up_look_samples, left}, measurement.invokes_per_sample, nothing);
    samples.insert(samples.end(), more.begin(), more.end());
  }
}

void take_samples(Interpreter& interpreter, const Options& options, Measurement& measurement) {
  auto& samples = measurement.samples_ns;
  Stop& stop = measurement.stop;
  // A number of runs alone is that number exactly, however long it takes.
  const bool is_count = options.runs.has_value() && !options.precision.has_value();
  if (!is_count) stop.precision = options.precision.value_or(0.01);
  const std::int64_t most = options.runs.value_or(most_samples);
  const double max_seconds =
      options.max_seconds.value_or(is_count ? std::numeric_limits<double>::infinity() : default_max_seconds);
  std::int64_t next = next_look(0);
  const auto start = Clock::now();
  while (true) {
    stop.seconds = seconds_since(start);
    const auto count = static_cast<std::int64_t>(samples.size());
    if (count >= most) {
      stop.reason = options.runs ? "runs" : "samples";
    } else if (count > 0 && stop.seconds >= max_seconds) {
      stop.reason = "max_time";
    } else if (stop.precision && count >= std::max(next, options.min_runs) &&
               stop.seconds >= std::min(least_seconds, max_seconds / 2)) {
      next = next_look(count);
      if (is_precise(samples, *stop.precision)) stop.reason = "precision";
    }
    if (!stop.reason.empty()) break;
    const double left = std::max(0.0, std::min(chunk_seconds, max_seconds - stop.seconds));
    const auto more = interpreter.time_invokes({most - count, left}, measurement.invokes_per_sample, nothing);
    samples.insert(samples.end(), more.begin(), more.end());
  }
  if (stop.precision) stop.is_reached = is_precise(samples, *stop.precision);
}

void profile(const Options& options, Measurement& measurement) {
  measurement.profiled = open(*measurement.library, options, true);
  Interpreter& interpreter = *measurement.profiled;
  allocate(interpreter, options);
  fill_random_inputs(interpreter, options.seed);
  interpreter.invoke();
  // Enough runs where one of them is long, but no longer than the clean ones may take.
  const double invoke_ns = median_of(measurement.samples_ns) / static_cast<double>(measurement.invokes_per_sample);
  const double needed = 3e-9 * static_cast<double>(least_profiled_runs) * invoke_ns;
  const double limit = std::min(std::max(profile_seconds, needed), options.max_seconds.value_or(default_max_seconds));
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
  measurement.invokes_per_sample = choose_batch(*interpreter, measurement.clock.resolution_ns);
  warm_up(*interpreter, options, measurement);
  take_samples(*interpreter, options, measurement);
  if (options.profile && measurement.library->has_profiler()) profile(options, measurement);
  if (options.peaks) measurement.peaks = measure_peaks(options.interpreter.threads);
  return measurement;
}

}  // namespace tflops::timer

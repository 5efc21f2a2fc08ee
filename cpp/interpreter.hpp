// One model in one runtime: allocate, fill in, invoke, time and profile it.
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <new>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "errors.hpp"
#include "external_delegate.hpp"
#include "fast_clock.hpp"
#include "measure.hpp"
#include "profile_recorder.hpp"

namespace tflops {

// A file, which the runtime maps; or bytes, which the caller keeps alive as long as the interpreter.
struct ModelBytes {
  const void* data;
  std::size_t size;
};
using ModelSource = std::variant<std::string, ModelBytes>;

// How operators are run on the processor: by those kernels of the runtime that are fast, by XNNPACK where
// it knows them, or by kernels that are simple.
enum class Kernels { builtin, xnnpack, reference };

struct InterpreterOptions {
  int threads = 1;
  Kernels kernels = Kernels::xnnpack;
  bool profile = false;
  std::optional<std::string> signature;
  std::optional<DelegateSource> delegate;  // takes operators before the kernels do
  bool shows_subgraphs = false;            // whether tensor_memory() reaches other subgraphs than the primary one
};

struct TensorInfo {
  int index;  // in the primary subgraph; -1 if the tensor belongs to another one
  std::string name;
  int type;  // a TfLiteType
  std::vector<std::int64_t> shape;
  std::int64_t byte_size;
  float scale;
  std::int32_t zero_point;
};

// Valid until the next call that changes the interpreter.
struct TensorView {
  TensorInfo info;
  void* data;
};

// Where a tensor lies after allocation; null if it has no memory.
struct TensorPlace {
  const void* data;
  std::int64_t byte_size;
  int allocation;  // a TfLiteAllocationType; -1 where the library does not tell
};

// How the times of profiled operators were read, of those that no delegate ran and of those that one did: in which
// step, and how much of each time is the clock's own.
struct ProfileClock {
  std::int64_t resolution_ns = 1;
  double own_ns = 0;
};

// What timing calls between two runs, now and then: it may throw to end the measurement.
using Between = std::function<void()>;

// Every method throws InvokeError with the runtime's own words when it refuses or throws, PositionError for
// a position that does not exist, ArgumentError for another argument that cannot be right. Not thread-safe.
class Interpreter {
 public:
  Interpreter(const Interpreter&) = delete;
  Interpreter& operator=(const Interpreter&) = delete;
  virtual ~Interpreter() = default;

  virtual std::size_t input_count() const = 0;
  virtual std::size_t output_count() const = 0;
  TensorInfo input_info(std::int64_t position) const;
  TensorInfo output_info(std::int64_t position) const;
  // Any tensor of the primary subgraph; nothing if there is none of this index, or it cannot be reached.
  virtual std::optional<TensorInfo> tensor_info(std::int64_t index) const = 0;

  void resize_input(std::int64_t position, const std::vector<std::int64_t>& shape);
  void allocate();
  void reset_variables();

  // The memory of a tensor; needs allocate().
  TensorView input(std::int64_t position) const;
  TensorView output(std::int64_t position) const;
  TensorView tensor(std::int64_t index) const;

  // Those of all tensors of a subgraph by their index, with those that the runtime added behind the model's:
  // scratch memory of kernels. Needs allocate().
  std::vector<TensorPlace> tensor_memory(std::int64_t subgraph) const;

  std::int64_t invoke();
  // Each sample spans so many invokes in a row: the clock is too coarse and too slow for the shortest.
  // The interval holds from the last sample of an earlier call on.
  std::vector<std::int64_t> time_invokes(const Limits& limits, std::int64_t invokes_per_sample, const Between& between);
  // As time_invokes; profile() then holds the operators of these runs.
  std::vector<std::int64_t> profile_invokes(const Limits& limits, const Between& between);
  const ProfileRecorder& profile() const { return recorder_; }
  // From now on profile_invokes keeps note there of where it is, as far as the runtime reports operators
  // when they begin. The memory must outlive this.
  void watch_operators(LastOperator* place) { recorder_.watch(place); }
  // Those of the last profiled runs.
  const ProfileClock& builtin_clock() const { return builtin_clock_; }
  const ProfileClock& delegate_clock() const { return delegate_clock_; }

 protected:
  // The name of the runtime stands in messages.
  Interpreter(const char* runtime, const InterpreterOptions& options);

  // As the public methods, with arguments that are checked.
  virtual TensorInfo describe_input(std::size_t position) const = 0;
  virtual TensorInfo describe_output(std::size_t position) const = 0;
  virtual TensorView view_input(std::size_t position) const = 0;
  virtual TensorView view_output(std::size_t position) const = 0;
  virtual TensorView view_tensor(std::int64_t index) const = 0;
  virtual std::vector<TensorPlace> list_places(std::int64_t subgraph) const = 0;
  virtual void resize(std::size_t position, const std::vector<int>& dims) = 0;
  virtual void allocate_tensors() = 0;
  virtual void reset() = 0;
  // Invokes the model so many times in a row: one virtual call per sample, so that each invoke costs
  // what the call of the C function costs.
  virtual void run(std::int64_t times) = 0;
  // Called before each sample, outside the timed region.
  virtual void prepare_run() {}
  // For runtimes that keep the events of a run to themselves until asked: called before a profiled run,
  // after it, and after the last; outside the timed region.
  virtual void start_events() {}
  virtual void collect_events() {}
  virtual void stop_events() noexcept {}
  // Whether the runtime times all operators by its own clock, or only delegates do.
  virtual bool times_all_operators() const { return false; }
  // For profiled runs, let the library that holds this address have a clock that is finer than its microseconds.
  void may_redirect_clock(const void* address) { is_clock_redirected_ = redirect_clock(address); }

  // Calls into the runtime. What it throws becomes an InvokeError, but for a lack of memory.
  template <class Call>
  auto calling(const char* what, Call call) const;
  [[noreturn]] void fail(const std::string& what, const std::string& reason) const;

  ProfileRecorder recorder_;

 private:
  void need_allocation(const char* what) const;
  std::vector<std::int64_t> record_invokes(const Limits& limits, const Between& between);
  void describe_clocks(bool is_fast);

  const char* const runtime_;
  const bool can_profile_;
  bool is_allocated_ = false;
  bool is_clock_redirected_ = false;
  ProfileClock builtin_clock_;
  ProfileClock delegate_clock_;
  Pace pace_;
};

template <class Call>
auto Interpreter::calling(const char* what, Call call) const {
  try {
    return call();
  } catch (const OwnError&) {
    throw;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    fail(what, error.what());
  } catch (...) {
    fail(what, "it threw something that is not an exception of C++'s library");
  }
}

}  // namespace tflops

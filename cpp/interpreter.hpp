// One model in one TensorFlow Lite runtime: allocate, fill in, invoke, time and profile it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "error_log.hpp"
#include "library.hpp"
#include "measure.hpp"
#include "profiler.hpp"

namespace tflops {

// A file, which the runtime maps; or bytes, which the caller keeps alive as long as the interpreter.
struct ModelBytes {
  const void* data;
  std::size_t size;
};
using ModelSource = std::variant<std::string, ModelBytes>;

enum class Kernels { builtin, xnnpack };

struct InterpreterOptions {
  int threads = 1;
  Kernels kernels = Kernels::xnnpack;
  bool profile = false;
  std::optional<std::string> signature;
};

struct TensorInfo {
  int index;  // in the primary subgraph; -1 if the tensor belongs to another one
  std::string name;
  TfLiteType type;
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

// What timing calls between two runs, now and then: it may throw to end the measurement.
using Between = std::function<void()>;

// Every method throws InvokeError with TFLite's own words when TFLite refuses, std::out_of_range for a
// position that does not exist. Not thread-safe.
class Interpreter {
 public:
  Interpreter(std::shared_ptr<const Library> library, const ModelSource& model, const InterpreterOptions& options);
  Interpreter(const Interpreter&) = delete;
  Interpreter& operator=(const Interpreter&) = delete;

  std::size_t input_count() const { return inputs_.size(); }
  std::size_t output_count() const { return outputs_.size(); }
  TensorInfo input_info(std::int64_t position) const;
  TensorInfo output_info(std::int64_t position) const;
  // Any tensor of the primary subgraph; nothing if there is none of this index, or it cannot be reached.
  std::optional<TensorInfo> tensor_info(std::int64_t index) const;

  void resize_input(std::int64_t position, const std::vector<std::int64_t>& shape);
  void allocate();
  void reset_variables();

  // The memory of a tensor; needs allocate().
  TensorView input(std::int64_t position) const;
  TensorView output(std::int64_t position) const;
  TensorView tensor(std::int64_t index) const;

  std::int64_t invoke();
  // Each sample spans so many invokes in a row: the clock is too coarse and too slow for the shortest.
  std::vector<std::int64_t> time_invokes(const Limits& limits, std::int64_t invokes_per_sample, const Between& between);
  // As time_invokes; profiler() then holds the operators of these runs.
  std::vector<std::int64_t> profile_invokes(const Limits& limits, const Between& between);
  const Profiler& profiler() const { return *profiler_; }

 private:
  template <class T>
  using Handle = std::unique_ptr<T, void (*)(T*)>;

  // How to reach an input or output again: TFLite moves tensors when it applies delegates.
  struct Port {
    int index;         // in the primary subgraph, -1 with a signature
    std::string name;  // in the signature, "" without
  };

  void open_model(const ModelSource& model);
  void create(const InterpreterOptions& options);
  void open_signature(const std::string& key);
  void list_ports();

  TfLiteTensor* find_input(const Port& port) const;
  const TfLiteTensor* find_output(const Port& port) const;
  const TfLiteTensor* find_tensor(std::int64_t index) const;
  std::optional<std::int32_t> primary_position(const Port& port) const;
  int index_of(const TfLiteTensor* tensor) const;
  TensorInfo describe(const TfLiteTensor* tensor, const Port& port) const;
  TensorView view(const TfLiteTensor* tensor, TensorInfo info) const;

  TfLiteStatus run();
  void need_allocation(const char* what) const;
  [[noreturn]] void fail(const std::string& what, TfLiteStatus status = 0) const;
  void check(TfLiteStatus status, const char* what) const;

  // Destroyed from the last to the first: the runtime object before all that it points to.
  std::shared_ptr<const Library> library_;
  const Functions& tflite_;
  ErrorLog log_;
  std::unique_ptr<Profiler> profiler_;
  Handle<TfLiteModel> model_;
  Handle<TfLiteDelegate> delegate_;
  Handle<TfLiteInterpreter> interpreter_;
  Handle<TfLiteSignatureRunner> runner_;
  bool is_primary_ = true;  // whether inputs and outputs belong to the primary subgraph
  bool is_allocated_ = false;
  std::vector<Port> inputs_;
  std::vector<Port> outputs_;
};

}  // namespace tflops

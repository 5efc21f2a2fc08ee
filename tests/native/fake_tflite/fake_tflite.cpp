// A stand-in for libtensorflowlite_c that computes nothing and does what the model file says: see script.hpp.
//
// Prototypes are the core's own, so the two cannot disagree. Every call checks what TensorFlow Lite takes
// for granted (what outlives what, allocation before use) and ends the process where it is violated.
#include <algorithm>
#include <atomic>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "actions.hpp"
#include "script.hpp"
#include "tflite_c_api.hpp"

#ifdef _WIN32
#define FAKE_EXPORT __declspec(dllexport)
#else
#define FAKE_EXPORT __attribute__((visibility("default")))
#endif

using fake::require;

// What invokes take, of what the script says: a build with 110 is a tenth slower.
#ifndef FAKE_TFLITE_PERCENT
#define FAKE_TFLITE_PERCENT 100
#endif

namespace {

std::atomic<int> live_objects{0};

// Counts what the caller has to delete.
struct Counted {
  Counted() { ++live_objects; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  ~Counted() { --live_objects; }
};

// One that nobody could mistake for the size of the true struct of some version.
constexpr std::int32_t xnnpack_mark = 0x46414B45;

}  // namespace

struct TfLiteTensor {
  fake::TensorPlan plan;
  std::vector<char> data;
  bool is_allocated = false;

  std::size_t byte_size() const {
    std::size_t size = plan.element_bytes;
    for (const int dim : plan.dims) size *= static_cast<std::size_t>(dim);
    return size;
  }
};

struct TfLiteDelegate : Counted {
  int users = 0;
};

struct TfLiteModel : Counted {
  fake::Script script;
  // The caller's bytes, which an interpreter reads all its life; null if a file was read.
  const char* bytes = nullptr;
};

struct TfLiteInterpreterOptions : Counted {
  fake::Reporter reporter;
  TfLiteTelemetryProfilerStruct* profiler = nullptr;
  TfLiteDelegate* delegate = nullptr;
  std::int32_t threads = -1;
};

struct TfLiteInterpreter : Counted {
  TfLiteInterpreter(const TfLiteModel& model, const TfLiteInterpreterOptions& options)
      : script(model.script),
        bytes(model.bytes),
        reporter(options.reporter),
        profiler(options.profiler),
        delegate(options.delegate),
        actions(script) {
    for (const auto& plan : script.tensors) tensors.push_back({plan, {}});
    if (delegate != nullptr) ++delegate->users;
  }
  ~TfLiteInterpreter() {
    require(runners == 0, "a signature runner is deleted before its interpreter");
    if (delegate != nullptr) --delegate->users;
  }

  const fake::Script script;
  const char* const bytes;
  const fake::Reporter reporter;
  TfLiteTelemetryProfilerStruct* const profiler;
  TfLiteDelegate* const delegate;
  fake::Actions actions;
  std::vector<TfLiteTensor> tensors;
  bool is_allocated = false;
  std::size_t invokes = 0;
  int runners = 0;
};

struct TfLiteSignatureRunner : Counted {
  TfLiteInterpreter* interpreter;
  const fake::SignaturePlan* plan;
};

namespace {

TfLiteModel* make_model(std::string_view bytes, const fake::Reporter& reporter) {
  try {
    const auto script = fake::find_script(bytes);
    if (!script) {
      reporter.say("The model holds no script for the fake library");
      return nullptr;
    }
    if (!fake::Actions(*script).reach("load", reporter)) return nullptr;
    auto model = std::make_unique<TfLiteModel>();
    model->script = *script;
    return model.release();
  } catch (const std::invalid_argument& error) {
    reporter.say("The script of the fake library has a mistake: %s", error.what());
    return nullptr;
  }
}

// Delegated operators are reported when their partition has ended, as XNNPACK does.
class Run {
 public:
  explicit Run(TfLiteInterpreter& interpreter) : interpreter_(interpreter) {}

  bool all() {
    for (std::size_t index = 0; index < interpreter_.script.operators.size(); ++index) {
      if (!one(index)) return false;
    }
    report_partition();
    return true;
  }

 private:
  bool one(std::size_t index) {
    const fake::OperatorPlan& plan = interpreter_.script.operators[index];
    TfLiteTelemetryProfilerStruct* const profiler = interpreter_.profiler;
    const std::string step = "operator:" + std::to_string(index);
    if (interpreter_.delegate != nullptr && !plan.delegated_name.empty()) {
      const std::uint64_t start_us = plan.delegated_us ? 0 : fake::now_us();
      const bool may_go_on = interpreter_.actions.reach(step, interpreter_.reporter);
      partition_.push_back({&plan, plan.delegated_us ? *plan.delegated_us : fake::now_us() - start_us});
      return may_go_on;
    }
    report_partition();
    std::uint32_t handle = 0;
    if (profiler != nullptr) {
      handle = profiler->ReportBeginOpInvokeEvent(profiler, plan.name.c_str(), static_cast<std::int64_t>(index), 0);
    }
    const bool may_go_on = interpreter_.actions.reach(step, interpreter_.reporter);
    if (profiler != nullptr) profiler->ReportEndOpInvokeEvent(profiler, handle);
    return may_go_on;
  }

  void report_partition() {
    std::int64_t index = 0;
    for (const auto& [plan, elapsed_us] : partition_) {
      if (interpreter_.profiler == nullptr) break;
      // From a buffer that does not outlive the call.
      const std::string name = plan->delegated_name;
      interpreter_.profiler->ReportOpInvokeEvent(interpreter_.profiler, name.c_str(), elapsed_us, index++, 0);
    }
    partition_.clear();
  }

  TfLiteInterpreter& interpreter_;
  std::vector<std::pair<const fake::OperatorPlan*, std::uint64_t>> partition_;
};

// Outputs take the bytes of the input in the same position, as far as they go.
void copy_through(TfLiteInterpreter& interpreter) {
  const fake::Script& script = interpreter.script;
  for (std::size_t i = 0; i < std::min(script.inputs.size(), script.outputs.size()); ++i) {
    const auto& from = interpreter.tensors[static_cast<std::size_t>(script.inputs[i])].data;
    auto& to = interpreter.tensors[static_cast<std::size_t>(script.outputs[i])].data;
    std::copy_n(from.begin(), std::min(from.size(), to.size()), to.begin());
  }
}

TfLiteStatus resize(TfLiteInterpreter* interpreter, int tensor, const int* dims, std::int32_t rank) {
  if (!interpreter->actions.reach("resize", interpreter->reporter)) return 1;
  TfLiteTensor& resized = interpreter->tensors[static_cast<std::size_t>(tensor)];
  resized.plan.dims.assign(dims, dims + rank);
  for (TfLiteTensor& each : interpreter->tensors) each.is_allocated = false;
  interpreter->is_allocated = false;
  return 0;
}

TfLiteStatus allocate(TfLiteInterpreter* interpreter) {
  if (!interpreter->actions.reach("allocate", interpreter->reporter)) return 1;
  for (TfLiteTensor& tensor : interpreter->tensors) {
    tensor.data.assign(tensor.byte_size(), 0);
    tensor.is_allocated = true;
  }
  interpreter->is_allocated = true;
  return 0;
}

TfLiteStatus invoke(TfLiteInterpreter* interpreter) {
  require(interpreter->is_allocated, "tensors are allocated before an invoke");
  // A sanitizer sees here whether the model's bytes are still there.
  if (interpreter->bytes != nullptr) static_cast<void>(*static_cast<const volatile char*>(interpreter->bytes));
  const auto& durations = interpreter->script.durations_ns;
  const std::size_t position = interpreter->invokes++;
  if (!interpreter->actions.reach("invoke", interpreter->reporter)) return 1;
  if (!Run(*interpreter).all()) return 1;
  if (!durations.empty()) fake::wait(durations[position % durations.size()] * FAKE_TFLITE_PERCENT / 100);
  copy_through(*interpreter);
  return 0;
}

// The exported functions do not call each other: another TensorFlow Lite in the process may have its own.
TfLiteTensor* tensor_at(const TfLiteInterpreter& interpreter, int index) {
  if (index < 0 || static_cast<std::size_t>(index) >= interpreter.tensors.size()) return nullptr;
  return const_cast<TfLiteTensor*>(&interpreter.tensors[static_cast<std::size_t>(index)]);
}

int find_by_name(const TfLiteInterpreter& interpreter, const std::vector<int>& indices, const char* name) {
  for (const int index : indices) {
    if (interpreter.tensors[static_cast<std::size_t>(index)].plan.name == name) return index;
  }
  return -1;
}

}  // namespace

extern "C" {

FAKE_EXPORT int FakeTfLiteLiveObjects() { return live_objects; }

// What the clock says that it reads.
FAKE_EXPORT std::uint64_t FakeTfLiteNowUs() { return fake::now_us(); }

FAKE_EXPORT const char* TfLiteVersion() { return "0.0.0-fake"; }

FAKE_EXPORT TfLiteModel* TfLiteModelCreateWithErrorReporter(const void* data, std::size_t size,
                                                            TfLiteErrorReporter function, void* user_data) {
  const auto* const bytes = static_cast<const char*>(data);
  TfLiteModel* const model = make_model({bytes, size}, {function, user_data});
  if (model != nullptr) model->bytes = bytes;
  return model;
}

FAKE_EXPORT TfLiteModel* TfLiteModelCreateFromFileWithErrorReporter(const char* path, TfLiteErrorReporter function,
                                                                    void* user_data) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  return make_model(bytes, {function, user_data});
}

FAKE_EXPORT void TfLiteModelDelete(TfLiteModel* model) { delete model; }

FAKE_EXPORT TfLiteInterpreterOptions* TfLiteInterpreterOptionsCreate() { return new TfLiteInterpreterOptions; }
FAKE_EXPORT void TfLiteInterpreterOptionsDelete(TfLiteInterpreterOptions* options) { delete options; }
FAKE_EXPORT void TfLiteInterpreterOptionsSetNumThreads(TfLiteInterpreterOptions* options, std::int32_t threads) {
  options->threads = threads;
}
FAKE_EXPORT void TfLiteInterpreterOptionsAddDelegate(TfLiteInterpreterOptions* options, TfLiteDelegate* delegate) {
  options->delegate = delegate;
}
FAKE_EXPORT void TfLiteInterpreterOptionsSetErrorReporter(TfLiteInterpreterOptions* options,
                                                          TfLiteErrorReporter function, void* user_data) {
  options->reporter = {function, user_data};
}
FAKE_EXPORT void TfLiteInterpreterOptionsSetTelemetryProfiler(TfLiteInterpreterOptions* options,
                                                              TfLiteTelemetryProfilerStruct* profiler) {
  require(profiler->ReportTelemetryEvent != nullptr && profiler->ReportTelemetryOpEvent != nullptr &&
              profiler->ReportSettings != nullptr && profiler->ReportBeginOpInvokeEvent != nullptr &&
              profiler->ReportEndOpInvokeEvent != nullptr && profiler->ReportOpInvokeEvent != nullptr,
          "all callbacks of a profiler are set");
  options->profiler = profiler;
}

FAKE_EXPORT TfLiteInterpreter* TfLiteInterpreterCreate(const TfLiteModel* model,
                                                       const TfLiteInterpreterOptions* options) {
  auto interpreter = std::make_unique<TfLiteInterpreter>(*model, *options);
  if (!interpreter->actions.reach("create", interpreter->reporter)) return nullptr;
  return interpreter.release();
}
FAKE_EXPORT void TfLiteInterpreterDelete(TfLiteInterpreter* interpreter) { delete interpreter; }

FAKE_EXPORT std::int32_t TfLiteInterpreterGetInputTensorCount(const TfLiteInterpreter* interpreter) {
  return static_cast<std::int32_t>(interpreter->script.inputs.size());
}
FAKE_EXPORT std::int32_t TfLiteInterpreterGetOutputTensorCount(const TfLiteInterpreter* interpreter) {
  return static_cast<std::int32_t>(interpreter->script.outputs.size());
}
FAKE_EXPORT const int* TfLiteInterpreterInputTensorIndices(const TfLiteInterpreter* interpreter) {
  return interpreter->script.inputs.data();
}
FAKE_EXPORT const int* TfLiteInterpreterOutputTensorIndices(const TfLiteInterpreter* interpreter) {
  return interpreter->script.outputs.data();
}
FAKE_EXPORT TfLiteTensor* TfLiteInterpreterGetTensor(const TfLiteInterpreter* interpreter, int index) {
  return tensor_at(*interpreter, index);
}
FAKE_EXPORT TfLiteStatus TfLiteInterpreterResizeInputTensor(TfLiteInterpreter* interpreter, std::int32_t position,
                                                            const int* dims, std::int32_t rank) {
  return resize(interpreter, interpreter->script.inputs[static_cast<std::size_t>(position)], dims, rank);
}
FAKE_EXPORT TfLiteStatus TfLiteInterpreterAllocateTensors(TfLiteInterpreter* interpreter) {
  return allocate(interpreter);
}
FAKE_EXPORT TfLiteStatus TfLiteInterpreterInvoke(TfLiteInterpreter* interpreter) { return invoke(interpreter); }
FAKE_EXPORT TfLiteStatus TfLiteInterpreterResetVariableTensors(TfLiteInterpreter* interpreter) {
  return interpreter->actions.reach("reset", interpreter->reporter) ? 0 : 1;
}

FAKE_EXPORT std::int32_t TfLiteInterpreterGetSignatureCount(const TfLiteInterpreter* interpreter) {
  return static_cast<std::int32_t>(interpreter->script.signatures.size());
}
FAKE_EXPORT const char* TfLiteInterpreterGetSignatureKey(const TfLiteInterpreter* interpreter, std::int32_t index) {
  return interpreter->script.signatures[static_cast<std::size_t>(index)].key.c_str();
}
FAKE_EXPORT TfLiteSignatureRunner* TfLiteInterpreterGetSignatureRunner(const TfLiteInterpreter* interpreter,
                                                                       const char* key) {
  for (const fake::SignaturePlan& plan : interpreter->script.signatures) {
    if (plan.key != key) continue;
    auto* const owner = const_cast<TfLiteInterpreter*>(interpreter);
    auto* const runner = new TfLiteSignatureRunner;
    runner->interpreter = owner;
    runner->plan = &plan;
    ++owner->runners;
    return runner;
  }
  return nullptr;
}
FAKE_EXPORT std::size_t TfLiteSignatureRunnerGetInputCount(const TfLiteSignatureRunner* runner) {
  return runner->plan->inputs.size();
}
FAKE_EXPORT std::size_t TfLiteSignatureRunnerGetOutputCount(const TfLiteSignatureRunner* runner) {
  return runner->plan->outputs.size();
}
FAKE_EXPORT const char* TfLiteSignatureRunnerGetInputName(const TfLiteSignatureRunner* runner, std::int32_t position) {
  const int index = runner->plan->inputs[static_cast<std::size_t>(position)];
  return runner->interpreter->tensors[static_cast<std::size_t>(index)].plan.name.c_str();
}
FAKE_EXPORT const char* TfLiteSignatureRunnerGetOutputName(const TfLiteSignatureRunner* runner, std::int32_t position) {
  const int index = runner->plan->outputs[static_cast<std::size_t>(position)];
  return runner->interpreter->tensors[static_cast<std::size_t>(index)].plan.name.c_str();
}
FAKE_EXPORT TfLiteTensor* TfLiteSignatureRunnerGetInputTensor(TfLiteSignatureRunner* runner, const char* name) {
  const int index = find_by_name(*runner->interpreter, runner->plan->inputs, name);
  return tensor_at(*runner->interpreter, index);
}
FAKE_EXPORT const TfLiteTensor* TfLiteSignatureRunnerGetOutputTensor(const TfLiteSignatureRunner* runner,
                                                                     const char* name) {
  const int index = find_by_name(*runner->interpreter, runner->plan->outputs, name);
  return tensor_at(*runner->interpreter, index);
}
FAKE_EXPORT TfLiteStatus TfLiteSignatureRunnerResizeInputTensor(TfLiteSignatureRunner* runner, const char* name,
                                                                const int* dims, std::int32_t rank) {
  return resize(runner->interpreter, find_by_name(*runner->interpreter, runner->plan->inputs, name), dims, rank);
}
FAKE_EXPORT TfLiteStatus TfLiteSignatureRunnerAllocateTensors(TfLiteSignatureRunner* runner) {
  return allocate(runner->interpreter);
}
FAKE_EXPORT TfLiteStatus TfLiteSignatureRunnerInvoke(TfLiteSignatureRunner* runner) {
  return invoke(runner->interpreter);
}
FAKE_EXPORT void TfLiteSignatureRunnerDelete(TfLiteSignatureRunner* runner) {
  --runner->interpreter->runners;
  delete runner;
}

FAKE_EXPORT TfLiteType TfLiteTensorType(const TfLiteTensor* tensor) { return tensor->plan.type; }
FAKE_EXPORT std::int32_t TfLiteTensorNumDims(const TfLiteTensor* tensor) {
  return static_cast<std::int32_t>(tensor->plan.dims.size());
}
FAKE_EXPORT std::int32_t TfLiteTensorDim(const TfLiteTensor* tensor, std::int32_t axis) {
  return tensor->plan.dims[static_cast<std::size_t>(axis)];
}
FAKE_EXPORT std::size_t TfLiteTensorByteSize(const TfLiteTensor* tensor) { return tensor->byte_size(); }
FAKE_EXPORT void* TfLiteTensorData(const TfLiteTensor* tensor) {
  return tensor->is_allocated ? const_cast<char*>(tensor->data.data()) : nullptr;
}
FAKE_EXPORT const char* TfLiteTensorName(const TfLiteTensor* tensor) { return tensor->plan.name.c_str(); }
FAKE_EXPORT TfLiteQuantizationParams TfLiteTensorQuantizationParams(const TfLiteTensor*) { return {0.0F, 0}; }

FAKE_EXPORT TfLiteXNNPackDelegateOptions TfLiteXNNPackDelegateOptionsDefault() {
  TfLiteXNNPackDelegateOptions options{};
  options.rest_of_any_version[0] = xnnpack_mark;
  return options;
}
FAKE_EXPORT TfLiteDelegate* TfLiteXNNPackDelegateCreate(const TfLiteXNNPackDelegateOptions* options) {
  require(options->rest_of_any_version[0] == xnnpack_mark, "options of XNNPACK start from its defaults");
  return new TfLiteDelegate;
}
FAKE_EXPORT void TfLiteXNNPackDelegateDelete(TfLiteDelegate* delegate) {
  require(delegate->users == 0, "a delegate is deleted after its interpreter");
  delete delegate;
}

}  // extern "C"

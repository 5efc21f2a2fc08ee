#include "tflite_interpreter.hpp"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

#include "errors.hpp"

namespace tflops {
namespace {

const char* status_name(TfLiteStatus status) {
  constexpr const char* names[] = {"ok",
                                   "error",
                                   "delegate error",
                                   "application error",
                                   "delegate data not found",
                                   "delegate data write error",
                                   "delegate data read error",
                                   "unresolved operators",
                                   "cancelled",
                                   "output shape not known"};
  return status >= 0 && status < static_cast<int>(std::size(names)) ? names[status] : "unknown status";
}

void need_feature(bool is_there, const Library& library, const char* feature) {
  if (!is_there) {
    throw RuntimeLibraryError("'" + library.path() + "' (TensorFlow Lite " + library.version() + ") has no " + feature);
  }
}

}  // namespace

TfliteInterpreter::TfliteInterpreter(std::shared_ptr<const TfliteLibrary> library, const ModelSource& model,
                                     const InterpreterOptions& options)
    : Interpreter("TensorFlow Lite", options),
      library_(std::move(library)),
      tflite_(library_->functions()),
      model_(nullptr, tflite_.TfLiteModelDelete),
      xnnpack_(nullptr, tflite_.TfLiteXNNPackDelegateDelete),
      interpreter_(nullptr, tflite_.TfLiteInterpreterDelete),
      runner_(nullptr, tflite_.TfLiteSignatureRunnerDelete) {
  need_feature(options.kernels != Kernels::reference, *library_,
               "choice of reference kernels through its C functions: LiteRT has (--runtime litert)");
  if (options.kernels == Kernels::xnnpack) need_feature(library_->has_xnnpack(), *library_, "XNNPACK kernels");
  if (options.profile) need_feature(library_->has_profiler(), *library_, "profiler");
  if (options.signature) need_feature(library_->has_signatures(), *library_, "signatures");
  if (options.shows_subgraphs) need_feature(library_->has_subgraphs(), *library_, "functions to show subgraphs");
  calling("open the model", [&] {
    open_model(model);
    create(options);
    if (options.signature) open_signature(*options.signature);
    list_ports();
  });
  // Another delegate has a clock of its own: its times could not be told from those of the fast one.
  if (options.profile && !options.delegate) may_redirect_clock(reinterpret_cast<const void*>(tflite_.TfLiteVersion));
}

void TfliteInterpreter::open_model(const ModelSource& model) {
  if (const auto* path = std::get_if<std::string>(&model)) {
    model_.reset(tflite_.TfLiteModelCreateFromFileWithErrorReporter(path->c_str(), &ErrorLog::report, &log_));
    if (model_ == nullptr) fail_with_words("open '" + *path + "'");
  } else {
    const auto& bytes = std::get<ModelBytes>(model);
    model_.reset(tflite_.TfLiteModelCreateWithErrorReporter(bytes.data, bytes.size, &ErrorLog::report, &log_));
    if (model_ == nullptr) fail_with_words("open a model of " + std::to_string(bytes.size) + " bytes");
  }
}

void TfliteInterpreter::create(const InterpreterOptions& options) {
  const Handle<TfLiteInterpreterOptions> native(tflite_.TfLiteInterpreterOptionsCreate(),
                                                tflite_.TfLiteInterpreterOptionsDelete);
  tflite_.TfLiteInterpreterOptionsSetErrorReporter(native.get(), &ErrorLog::report, &log_);
  tflite_.TfLiteInterpreterOptionsSetNumThreads(native.get(), options.threads);
  if (options.profile) {
    profiler_ = std::make_unique<TfliteProfiler>(recorder_);
    tflite_.TfLiteInterpreterOptionsSetTelemetryProfiler(native.get(), profiler_->callbacks());
  }
  if (options.shows_subgraphs) {
    observer_ = std::make_unique<SubgraphObserver>(tflite_);
    tflite_.TfLiteInterpreterOptionsAddDelegate(native.get(), observer_->delegate());
  }
  if (options.delegate) {
    external_ = std::make_unique<ExternalDelegate>(*options.delegate);
    tflite_.TfLiteInterpreterOptionsAddDelegate(native.get(), external_->get());
  }
  if (options.kernels == Kernels::xnnpack) {
    TfLiteXNNPackDelegateOptions xnnpack = tflite_.TfLiteXNNPackDelegateOptionsDefault();
    xnnpack.num_threads = options.threads;
    xnnpack_.reset(tflite_.TfLiteXNNPackDelegateCreate(&xnnpack));
    if (xnnpack_ == nullptr) fail_with_words("create the XNNPACK delegate");
    tflite_.TfLiteInterpreterOptionsAddDelegate(native.get(), xnnpack_.get());
  }
  log_.clear();
  interpreter_.reset(tflite_.TfLiteInterpreterCreate(model_.get(), native.get()));
  if (interpreter_ == nullptr) {
    std::string what = "create an interpreter";
    if (xnnpack_ != nullptr) what += " with XNNPACK kernels";
    if (options.delegate) what += (xnnpack_ != nullptr ? " and '" : " with '") + options.delegate->path + "'";
    fail_with_words(what);
  }
}

void TfliteInterpreter::open_signature(const std::string& key) {
  // Looked up in the list first: TFLite answers an unknown key with null and not a word.
  std::string known;
  bool is_known = false;
  for (std::int32_t i = 0; i < tflite_.TfLiteInterpreterGetSignatureCount(interpreter_.get()); ++i) {
    const std::string candidate = tflite_.TfLiteInterpreterGetSignatureKey(interpreter_.get(), i);
    is_known = is_known || candidate == key;
    known += (known.empty() ? "'" : ", '") + candidate + "'";
  }
  if (!is_known) {
    throw ArgumentError("the model has no signature '" + key + "': it has " + (known.empty() ? "none" : known));
  }
  log_.clear();
  runner_.reset(tflite_.TfLiteInterpreterGetSignatureRunner(interpreter_.get(), key.c_str()));
  if (runner_ == nullptr) fail_with_words("open signature '" + key + "'");
}

void TfliteInterpreter::list_ports() {
  if (runner_ == nullptr) {
    const int* const inputs = tflite_.TfLiteInterpreterInputTensorIndices(interpreter_.get());
    const int* const outputs = tflite_.TfLiteInterpreterOutputTensorIndices(interpreter_.get());
    for (int i = 0; i < tflite_.TfLiteInterpreterGetInputTensorCount(interpreter_.get()); ++i) {
      inputs_.push_back({inputs[i], ""});
    }
    for (int i = 0; i < tflite_.TfLiteInterpreterGetOutputTensorCount(interpreter_.get()); ++i) {
      outputs_.push_back({outputs[i], ""});
    }
    return;
  }
  const auto input_count = static_cast<std::int32_t>(tflite_.TfLiteSignatureRunnerGetInputCount(runner_.get()));
  for (std::int32_t i = 0; i < input_count; ++i) {
    inputs_.push_back({-1, tflite_.TfLiteSignatureRunnerGetInputName(runner_.get(), i)});
  }
  const auto output_count = static_cast<std::int32_t>(tflite_.TfLiteSignatureRunnerGetOutputCount(runner_.get()));
  for (std::int32_t i = 0; i < output_count; ++i) {
    outputs_.push_back({-1, tflite_.TfLiteSignatureRunnerGetOutputName(runner_.get(), i)});
  }
  // Signatures give tensors and no indices; those of the primary subgraph are known by their address.
  for (auto& port : inputs_) port.index = index_of(find_input(port));
  for (auto& port : outputs_) port.index = index_of(find_output(port));
  const auto is_known = [](const Port& port) { return port.index >= 0; };
  is_primary_ =
      std::any_of(outputs_.begin(), outputs_.end(), is_known) || std::any_of(inputs_.begin(), inputs_.end(), is_known);
}

int TfliteInterpreter::index_of(const TfLiteTensor* tensor) const {
  for (int index = 0;; ++index) {
    const TfLiteTensor* const candidate = tflite_.TfLiteInterpreterGetTensor(interpreter_.get(), index);
    if (candidate == nullptr) return -1;
    if (candidate == tensor) return index;
  }
}

TfLiteTensor* TfliteInterpreter::find_input(const Port& port) const {
  return runner_ != nullptr ? tflite_.TfLiteSignatureRunnerGetInputTensor(runner_.get(), port.name.c_str())
                            : tflite_.TfLiteInterpreterGetTensor(interpreter_.get(), port.index);
}

const TfLiteTensor* TfliteInterpreter::find_output(const Port& port) const {
  return runner_ != nullptr ? tflite_.TfLiteSignatureRunnerGetOutputTensor(runner_.get(), port.name.c_str())
                            : tflite_.TfLiteInterpreterGetTensor(interpreter_.get(), port.index);
}

TensorInfo TfliteInterpreter::describe(const TfLiteTensor* tensor, const Port& port) const {
  if (tensor == nullptr) throw InvokeError("the model names a tensor that does not exist as input or output");
  TensorInfo info;
  info.index = port.index;
  const char* const name = tflite_.TfLiteTensorName(tensor);
  info.name = !port.name.empty() ? port.name : name != nullptr ? name : "";
  info.type = tflite_.TfLiteTensorType(tensor);
  for (std::int32_t axis = 0; axis < tflite_.TfLiteTensorNumDims(tensor); ++axis) {
    info.shape.push_back(tflite_.TfLiteTensorDim(tensor, axis));
  }
  info.byte_size = static_cast<std::int64_t>(tflite_.TfLiteTensorByteSize(tensor));
  const TfLiteQuantizationParams quantization = tflite_.TfLiteTensorQuantizationParams(tensor);
  info.scale = quantization.scale;
  info.zero_point = quantization.zero_point;
  return info;
}

TensorInfo TfliteInterpreter::describe_input(std::size_t position) const {
  return describe(find_input(inputs_[position]), inputs_[position]);
}

TensorInfo TfliteInterpreter::describe_output(std::size_t position) const {
  return describe(find_output(outputs_[position]), outputs_[position]);
}

const TfLiteTensor* TfliteInterpreter::find_tensor(std::int64_t index) const {
  if (!is_primary_ || index < 0 || index > std::numeric_limits<int>::max()) return nullptr;
  return tflite_.TfLiteInterpreterGetTensor(interpreter_.get(), static_cast<int>(index));
}

std::optional<TensorInfo> TfliteInterpreter::tensor_info(std::int64_t index) const {
  const TfLiteTensor* const tensor = find_tensor(index);
  if (tensor == nullptr) return std::nullopt;
  return describe(tensor, {static_cast<int>(index), ""});
}

void TfliteInterpreter::resize(std::size_t position, const std::vector<int>& dims) {
  const Port& port = inputs_[position];
  const auto rank = static_cast<std::int32_t>(dims.size());
  log_.clear();
  if (const auto primary = primary_position(port)) {
    check(tflite_.TfLiteInterpreterResizeInputTensor(interpreter_.get(), *primary, dims.data(), rank),
          "resize an input");
  } else {
    check(tflite_.TfLiteSignatureRunnerResizeInputTensor(runner_.get(), port.name.c_str(), dims.data(), rank),
          "resize an input");
  }
}

// A signature resizes only dimensions that the converter left open; the interpreter, if it runs the same
// subgraph, resizes all, as it does for models without signatures.
std::optional<std::int32_t> TfliteInterpreter::primary_position(const Port& port) const {
  if (!is_primary_) return std::nullopt;
  const int* const inputs = tflite_.TfLiteInterpreterInputTensorIndices(interpreter_.get());
  const std::int32_t count = tflite_.TfLiteInterpreterGetInputTensorCount(interpreter_.get());
  const int* const found = std::find(inputs, inputs + count, port.index);
  if (found == inputs + count) return std::nullopt;
  return static_cast<std::int32_t>(found - inputs);
}

void TfliteInterpreter::allocate_tensors() {
  log_.clear();
  check(runner_ != nullptr ? tflite_.TfLiteSignatureRunnerAllocateTensors(runner_.get())
                           : tflite_.TfLiteInterpreterAllocateTensors(interpreter_.get()),
        "allocate tensors");
}

void TfliteInterpreter::reset() {
  need_feature(library_->has_variables(), *library_, "function to reset variables");
  log_.clear();
  check(tflite_.TfLiteInterpreterResetVariableTensors(interpreter_.get()), "reset variables");
}

TensorView TfliteInterpreter::view(const TfLiteTensor* tensor, const Port& port) const {
  TensorInfo info = describe(tensor, port);
  void* const data = tflite_.TfLiteTensorData(tensor);
  if (data == nullptr && info.byte_size > 0) {
    throw InvokeError("tensor '" + info.name + "' has no memory: the kernels that were chosen do not materialize it");
  }
  return {std::move(info), data};
}

TensorView TfliteInterpreter::view_input(std::size_t position) const {
  return view(find_input(inputs_[position]), inputs_[position]);
}

TensorView TfliteInterpreter::view_output(std::size_t position) const {
  return view(find_output(outputs_[position]), outputs_[position]);
}

TensorView TfliteInterpreter::view_tensor(std::int64_t index) const {
  const TfLiteTensor* const tensor = find_tensor(index);
  if (tensor == nullptr) {
    throw PositionError(is_primary_ ? "there is no tensor " + std::to_string(index)
                                    : "the tensors of a signature outside the primary subgraph cannot be reached");
  }
  return view(tensor, {static_cast<int>(index), ""});
}

std::vector<TensorPlace> TfliteInterpreter::list_places(std::int64_t subgraph) const {
  const std::int64_t count = observer_ != nullptr ? static_cast<std::int64_t>(observer_->count()) : 1;
  if (subgraph < 0 || subgraph >= count) {
    throw PositionError("the runtime shows no subgraph " + std::to_string(subgraph));
  }
  std::vector<TensorPlace> places;
  for (int index = 0;; ++index) {
    const TfLiteTensor* const tensor = observer_ != nullptr
                                           ? observer_->tensor(static_cast<std::size_t>(subgraph), index)
                                           : tflite_.TfLiteInterpreterGetTensor(interpreter_.get(), index);
    if (tensor == nullptr) return places;
    const auto allocation_of = tflite_.TfLiteOpaqueTensorGetAllocationType;
    places.push_back(
        {tflite_.TfLiteTensorData(tensor), static_cast<std::int64_t>(tflite_.TfLiteTensorByteSize(tensor)),
         allocation_of == nullptr ? -1 : allocation_of(reinterpret_cast<const TfLiteOpaqueTensor*>(tensor))});
  }
}

void TfliteInterpreter::run(std::int64_t times) {
  for (std::int64_t left = times; left > 0; --left) {
    check(runner_ != nullptr ? tflite_.TfLiteSignatureRunnerInvoke(runner_.get())
                             : tflite_.TfLiteInterpreterInvoke(interpreter_.get()),
          "invoke the model");
  }
}

void TfliteInterpreter::check(TfLiteStatus status, const char* what) const {
  if (status != 0) fail_with_words(what, status);
}

void TfliteInterpreter::fail_with_words(const std::string& what, TfLiteStatus status) const {
  std::string reason = log_.text();
  if (reason.empty()) {
    reason = status != 0 ? std::string("status ") + std::to_string(status) + " (" + status_name(status) + ")"
                         : "it gave no reason";
  }
  fail(what, reason);
}

}  // namespace tflops

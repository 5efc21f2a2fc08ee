#include "litert_interpreter.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "error_log.hpp"
#include "errors.hpp"

namespace tflops {
namespace {

std::vector<std::int64_t> shape_of(const LiteRtLayout& layout) {
  const std::uint32_t rank = layout.rank_and_has_strides & 0x7F;
  return {layout.dimensions, layout.dimensions + rank};
}

bool is_empty(const LiteRtLayout& layout) {
  const std::vector<std::int64_t> shape = shape_of(layout);
  return std::find(shape.begin(), shape.end(), 0) != shape.end();
}

// LiteRT has no buffers for empty tensors: they get one of a single element in each empty dimension.
LiteRtRankedTensorType buffer_type(LiteRtElementType element_type, LiteRtLayout layout) {
  for (std::int32_t& length : layout.dimensions) length = length == 0 ? 1 : length;
  return {element_type, layout};
}

// At least the bytes of the tensor of a buffer: elements have 16 at most, and all but a few types have 4.
std::size_t sufficient_bytes(const LiteRtRankedTensorType& type) {
  constexpr LiteRtElementType wide[] = {4, 8, 11, 12, 13};  // INT64, COMPLEX64, FLOAT64, COMPLEX128, UINT64
  std::size_t bytes = std::find(std::begin(wide), std::end(wide), type.element_type) == std::end(wide) ? 4 : 16;
  for (const std::int64_t length : shape_of(type.layout)) bytes *= static_cast<std::size_t>(length);
  return bytes;
}

const char* kernel_mode(Kernels kernels) {
  switch (kernels) {
    case Kernels::builtin:
      return "builtin";
    case Kernels::reference:
      return "reference";
    case Kernels::xnnpack:
      break;
  }
  return "delegate";
}

}  // namespace

LitertInterpreter::LitertInterpreter(std::shared_ptr<const LitertLibrary> library, const ModelSource& model,
                                     const InterpreterOptions& options)
    : Interpreter("LiteRT", options),
      library_(std::move(library)),
      litert_(library_->functions()),
      source_(model),
      options_(options),
      model_(nullptr, litert_.LiteRtDestroyModel),
      compiled_(nullptr, litert_.LiteRtDestroyCompiledModel) {
  if (options.delegate) {
    throw RuntimeLibraryError("LiteRT takes no external delegate: TensorFlow Lite does (--runtime tflite)");
  }
  if (options.shows_subgraphs) {
    throw RuntimeLibraryError("LiteRT does not show subgraphs: TensorFlow Lite does (--runtime tflite)");
  }
  calling("open the model", [&] {
    open_model();
    open_signature();
    open_compiled();
  });
  if (options.profile) may_redirect_clock(reinterpret_cast<const void*>(litert_.LiteRtRunCompiledModel));
}

void LitertInterpreter::open_model() {
  LiteRtModelT* opened = nullptr;
  const LiteRtStatus status = load(library_->environment(), &opened);
  if (status != 0) {
    const auto* path = std::get_if<std::string>(&source_);
    fail_with_words(path != nullptr
                        ? "open '" + *path + "'"
                        : "open a model of " + std::to_string(std::get<ModelBytes>(source_).size) + " bytes",
                    status);
  }
  model_.reset(opened);
}

LiteRtStatus LitertInterpreter::load(LiteRtEnvironmentT* environment, LiteRtModelT** model) const {
  if (const auto* path = std::get_if<std::string>(&source_)) {
    return litert_.LiteRtCreateModelFromFile(environment, path->c_str(), model);
  }
  const auto& bytes = std::get<ModelBytes>(source_);
  return litert_.LiteRtCreateModelFromBuffer(environment, bytes.data, bytes.size, model);
}

void LitertInterpreter::open_signature() {
  const std::optional<std::string>& key = options_.signature;
  LiteRtParamIndex subgraph_count = 0;
  LiteRtParamIndex signature_count = 0;
  check(litert_.LiteRtGetNumModelSubgraphs(model_.get(), &subgraph_count), "list subgraphs");
  check(litert_.LiteRtGetNumModelSignatures(model_.get(), &signature_count), "list signatures");
  std::string known;
  for (LiteRtParamIndex i = 0; i < signature_count; ++i) {
    LiteRtSignatureT* signature = nullptr;
    LiteRtSubgraphT* subgraph = nullptr;
    const char* name = nullptr;
    check(litert_.LiteRtGetModelSignature(model_.get(), i, &signature), "read a signature");
    check(litert_.LiteRtGetSignatureKey(signature, &name), "read the key of a signature");
    check(litert_.LiteRtGetSignatureSubgraph(signature, &subgraph), "find the subgraph of a signature");
    LiteRtSubgraphT* candidate = nullptr;
    LiteRtParamIndex index = 0;
    while (index < subgraph_count) {
      check(litert_.LiteRtGetModelSubgraph(model_.get(), index, &candidate), "read a subgraph");
      if (candidate == subgraph) break;
      ++index;
    }
    if (key ? *key == name : index == 0) {
      signature_ = i;
      subgraph_index_ = index;
      list_ports(signature);
      return;
    }
    known += (known.empty() ? "'" : ", '") + std::string(name) + "'";
  }
  if (key) throw ArgumentError("the model has no signature '" + *key + "': it has " + known);
  throw InvokeError("LiteRT runs signatures only, and the model has none for its primary subgraph: it has " + known);
}

void LitertInterpreter::list_ports(LiteRtSignatureT* signature) {
  LiteRtParamIndex input_count = 0;
  LiteRtParamIndex output_count = 0;
  check(litert_.LiteRtGetNumSignatureInputs(signature, &input_count), "list inputs");
  check(litert_.LiteRtGetNumSignatureOutputs(signature, &output_count), "list outputs");
  for (LiteRtParamIndex i = 0; i < input_count; ++i) {
    LiteRtTensorT* tensor = nullptr;
    const char* name = nullptr;
    check(litert_.LiteRtGetSignatureInputTensorByIndex(signature, i, &tensor), "find an input");
    check(litert_.LiteRtGetSignatureInputName(signature, i, &name), "name an input");
    inputs_.push_back(port_of(tensor, name));
  }
  for (LiteRtParamIndex i = 0; i < output_count; ++i) {
    LiteRtTensorT* tensor = nullptr;
    const char* name = nullptr;
    check(litert_.LiteRtGetSignatureOutputTensorByIndex(signature, i, &tensor), "find an output");
    check(litert_.LiteRtGetSignatureOutputName(signature, i, &name), "name an output");
    outputs_.push_back(port_of(tensor, name));
  }
}

LitertInterpreter::Port LitertInterpreter::port_of(LiteRtTensorT* tensor, const char* name) const {
  LiteRtRankedTensorType type{};
  std::uint32_t index = 0;
  int quantization = 0;
  check(litert_.LiteRtGetRankedTensorType(tensor, &type), "find the type of an input or output");
  check(litert_.LiteRtGetTensorIndex(tensor, &index), "find the index of an input or output");
  TensorInfo info{};
  info.index = subgraph_index_ == 0 ? static_cast<int>(index) : -1;
  info.name = name;
  info.type = type.element_type;
  info.shape = shape_of(type.layout);
  if (litert_.LiteRtGetQuantizationTypeId(tensor, &quantization) == 0 && quantization == kLiteRtQuantizationPerTensor) {
    LiteRtQuantizationPerTensor parameters{};
    check(litert_.LiteRtGetPerTensorQuantization(tensor, &parameters), "read the quantization of a tensor");
    info.scale = parameters.scale;
    info.zero_point = static_cast<std::int32_t>(parameters.zero_point);
  }
  const bool is_open = std::any_of(info.shape.begin(), info.shape.end(), [](std::int64_t n) { return n < 0; });
  return {std::move(info), is_open, {nullptr, litert_.LiteRtDestroyTensorBuffer}};
}

void LitertInterpreter::open_compiled() {
  LiteRtCompiledModelT* compiled = nullptr;
  check(compile(library_->environment(), model_.get(), Messages::kept, &compiled), "compile the model");
  compiled_.reset(compiled);
  if (options_.profile) check(litert_.LiteRtCompiledModelGetProfiler(compiled_.get(), &profiler_), "open its profiler");
}

// LiteRT's own functions that write options are linked into its users and not exported; what they write is
// TOML text.
LiteRtStatus LitertInterpreter::compile(LiteRtEnvironmentT* environment, LiteRtModelT* model, Messages messages,
                                        LiteRtCompiledModelT** compiled) const {
  // The texts live until the model is compiled.
  std::string cpu = "num_threads = " + std::to_string(options_.threads) + "\nkernel_mode = \"" +
                    kernel_mode(options_.kernels) + "\"\n";
  std::string runtime = "error_reporter_mode = " + std::to_string(static_cast<int>(messages)) +
                        "\nenable_profiling = " + (options_.profile ? "true" : "false") + "\n";
  LiteRtOptionsT* created = nullptr;
  if (const LiteRtStatus status = litert_.LiteRtCreateOptions(&created); status != 0) return status;
  const Handle<LiteRtOptionsT> native(created, litert_.LiteRtDestroyOptions);
  const auto add = [&](const char* identifier, std::string& payload) {
    LiteRtOpaqueOptionsT* opaque = nullptr;
    const LiteRtStatus status = litert_.LiteRtCreateOpaqueOptions(identifier, payload.data(), [](void*) {}, &opaque);
    return status != 0 ? status : litert_.LiteRtAddOpaqueOptions(native.get(), opaque);
  };
  LiteRtStatus status = litert_.LiteRtSetOptionsHardwareAccelerators(native.get(), kLiteRtHwAcceleratorCpu);
  if (status == 0) status = add("xnnpack", cpu);
  if (status == 0) status = add("runtime_options_string", runtime);
  if (status == 0) status = litert_.LiteRtCreateCompiledModel(environment, model, native.get(), compiled);
  return status;
}

// A compiled model keeps what is said of it; what is said before there is one has to be said again.
std::string LitertInterpreter::words() const {
  if (compiled_ == nullptr) {
    return library_->words_of([&](LiteRtEnvironmentT* environment) {
      Handle<LiteRtModelT> model(nullptr, litert_.LiteRtDestroyModel);
      Handle<LiteRtCompiledModelT> compiled(nullptr, litert_.LiteRtDestroyCompiledModel);
      LiteRtModelT* opened = nullptr;
      if (load(environment, &opened) != 0) return;
      model.reset(opened);
      LiteRtCompiledModelT* made = nullptr;
      if (compile(environment, model.get(), Messages::printed, &made) == 0) compiled.reset(made);
    });
  }
  char* messages = nullptr;
  if (litert_.LiteRtCompiledModelGetErrorMessages(compiled_.get(), &messages) != 0 || messages == nullptr) return "";
  const std::string line = one_line(messages);
  std::free(messages);
  litert_.LiteRtCompiledModelClearErrors(compiled_.get());
  return line;
}

void LitertInterpreter::resize(std::size_t position, const std::vector<int>& dims) {
  check(litert_.LiteRtCompiledModelResizeInputTensorNonStrict(compiled_.get(), signature_, position, dims.data(),
                                                              dims.size()),
        "resize an input");
  is_resized_ = true;
}

void LitertInterpreter::allocate_tensors() {
  // Shapes are inferred first: the memory of inputs depends on them too.
  const std::vector<LiteRtLayout> inferred = output_layouts(true);
  bool must_observe = false;
  for (std::size_t i = 0; i < outputs_.size(); ++i) {
    // Also where another input leaves an output as it is in the file: it may only not be known yet.
    const bool is_as_stored = is_resized_ && shape_of(inferred[i]) == outputs_[i].info.shape;
    must_observe = must_observe || outputs_[i].is_open || is_as_stored;
  }
  allocate_inputs();
  allocate_outputs(must_observe ? observe_outputs() : Outputs{inferred, 0});
}

std::vector<LiteRtLayout> LitertInterpreter::output_layouts(bool infer) const {
  std::vector<LiteRtLayout> layouts(outputs_.size());
  check(litert_.LiteRtGetCompiledModelOutputTensorLayouts(compiled_.get(), signature_, layouts.size(), layouts.data(),
                                                          infer),
        "allocate tensors");
  return layouts;
}

// The shapes of outputs that are known only while the model runs, or are stored wrong until then. LiteRT
// wants memory for outputs in advance, and XNNPACK writes beyond one that is too small; LiteRT's own
// kernels refuse it. So they run the model once, with more and more memory.
LitertInterpreter::Outputs LitertInterpreter::observe_outputs() const {
  LitertInterpreter trial(library_, source_,
                          {options_.threads, Kernels::builtin, false, options_.signature, std::nullopt});
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    // LiteRT takes no shape without dimensions.
    if (!inputs_[i].info.shape.empty()) trial.resize_input(static_cast<std::int64_t>(i), inputs_[i].info.shape);
  }
  const std::vector<LiteRtLayout> inferred = trial.output_layouts(true);
  trial.allocate_inputs();
  for (const Port& port : trial.inputs_) {
    const TensorView input = trial.view(port);
    if (input.info.byte_size > 0) std::memset(input.data, 0, static_cast<std::size_t>(input.info.byte_size));
  }
  constexpr std::size_t most_bytes = std::size_t{1} << 30;
  for (std::size_t least_bytes = 0; true; least_bytes = std::max<std::size_t>(4096, 16 * least_bytes)) {
    trial.allocate_outputs({inferred, least_bytes});
    try {
      trial.run(1);
      return {trial.output_layouts(false), least_bytes};
    } catch (const InvokeError&) {
      if (least_bytes >= most_bytes) throw;
    }
  }
}

void LitertInterpreter::allocate_inputs() {
  input_buffers_.clear();
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    LiteRtRankedTensorType type{inputs_[i].info.type, {}};
    LiteRtTensorBufferRequirementsT* requirements = nullptr;
    LiteRtTensorBufferT* buffer = nullptr;
    check(litert_.LiteRtGetCompiledModelInputTensorLayout(compiled_.get(), signature_, i, &type.layout),
          "find the shape of an input");
    check(litert_.LiteRtGetCompiledModelInputBufferRequirements(compiled_.get(), signature_, i, &requirements),
          "find the size of an input");
    check(
        litert_.LiteRtCreateManagedTensorBufferFromRequirements(library_->environment(), &type, requirements, &buffer),
        "allocate an input");
    keep_buffer(inputs_[i], type.layout, buffer);
    input_buffers_.push_back(buffer);
  }
}

void LitertInterpreter::allocate_outputs(const Outputs& outputs) {
  output_buffers_.clear();
  for (std::size_t i = 0; i < outputs_.size(); ++i) {
    const LiteRtRankedTensorType type = buffer_type(outputs_[i].info.type, outputs.layouts[i]);
    LiteRtTensorBufferRequirementsT* requirements = nullptr;
    LiteRtTensorBufferT* buffer = nullptr;
    std::size_t size = 0;
    check(litert_.LiteRtGetCompiledModelOutputBufferRequirements(compiled_.get(), signature_, i, &requirements),
          "find the size of an output");
    check(litert_.LiteRtGetTensorBufferRequirementsBufferSize(requirements, &size), "find the size of an output");
    // What is stated is that of the shape in the file, where a run showed another one.
    if (size < sufficient_bytes(type)) size = sufficient_bytes(type);
    check(litert_.LiteRtCreateManagedTensorBuffer(library_->environment(), kLiteRtTensorBufferTypeHostMemory, &type,
                                                  std::max(size, outputs.least_bytes), &buffer),
          "allocate an output");
    keep_buffer(outputs_[i], outputs.layouts[i], buffer);
    output_buffers_.push_back(buffer);
  }
}

void LitertInterpreter::keep_buffer(Port& port, const LiteRtLayout& layout, LiteRtTensorBufferT* buffer) const {
  port.buffer.reset(buffer);
  std::size_t size = 0;
  check(litert_.LiteRtGetTensorBufferPackedSize(buffer, &size), "find the size of an input or output");
  port.info.shape = shape_of(layout);
  port.info.byte_size = is_empty(layout) ? 0 : static_cast<std::int64_t>(size);
}

void LitertInterpreter::reset() { throw RuntimeLibraryError("LiteRT has no function to reset variables"); }

TensorView LitertInterpreter::view(const Port& port) const {
  void* data = nullptr;
  check(litert_.LiteRtGetTensorBufferHostMemory(port.buffer.get(), &data), "reach the memory of a tensor");
  return {port.info, data};
}

TensorView LitertInterpreter::view_tensor(std::int64_t) const {
  throw InvokeError("LiteRT shows the inputs and outputs of a model, and no other tensor");
}

std::vector<TensorPlace> LitertInterpreter::list_places(std::int64_t) const {
  throw InvokeError("LiteRT does not show where tensors lie: TensorFlow Lite does (--runtime tflite)");
}

void LitertInterpreter::run(std::int64_t times) {
  for (std::int64_t left = times; left > 0; --left) {
    check(litert_.LiteRtRunCompiledModel(compiled_.get(), signature_, input_buffers_.size(), input_buffers_.data(),
                                         output_buffers_.size(), output_buffers_.data()),
          "invoke the model");
  }
}

void LitertInterpreter::start_events() {
  check(litert_.LiteRtStartProfiler(profiler_), "start its profiler");  // which forgets what it has
}

void LitertInterpreter::stop_events() noexcept { litert_.LiteRtStopProfiler(profiler_); }

// Whole microseconds of its clock, of operators of the runtime as of those of delegates. No subgraph calls itself, so
// the events of any other subgraph lie inside an operator of the one that runs.
void LitertInterpreter::collect_events() {
  int count = 0;
  check(litert_.LiteRtGetNumProfilerEvents(profiler_, &count), "count profiled events");
  events_.resize(static_cast<std::size_t>(count));
  if (count == 0) return;
  check(litert_.LiteRtGetProfilerEvents(profiler_, count, events_.data()), "read profiled events");
  // The first event of a run is one of LiteRT's own. Operators of delegates tell neither start nor report:
  // all that is known is that it was before the run ended.
  const std::uint64_t run_start_us = events_.front().start_timestamp_us;
  std::uint64_t run_end_us = run_start_us;
  for (const auto& event : events_) run_end_us = std::max(run_end_us, event.start_timestamp_us + event.elapsed_time_us);
  for (const auto& event : events_) {
    const bool is_delegated = event.event_type == kLiteRtDelegateProfiledOperatorInvokeEvent;
    if (!is_delegated && event.event_type != kLiteRtOperatorInvokeEvent &&
        event.event_type != kLiteRtDelegateOperatorInvokeEvent) {
      continue;
    }
    const std::uint64_t at_us = (is_delegated ? run_end_us : event.start_timestamp_us) - run_start_us;
    recorder_.add({event.tag, static_cast<std::int64_t>(event.event_metadata1),
                   static_cast<std::int64_t>(event.event_metadata2), is_delegated},
                  event.event_metadata2 == subgraph_index_ ? 0 : 1, at_us, event.elapsed_time_us);
  }
}

void LitertInterpreter::check(LiteRtStatus status, const char* what) const {
  if (status != 0) fail_with_words(what, status);
}

void LitertInterpreter::fail_with_words(const std::string& what, LiteRtStatus status) const {
  std::string reason = words();
  if (reason.empty()) reason = "status " + std::to_string(status) + " (" + litert_status_name(status) + ")";
  fail(what, reason);
}

}  // namespace tflops

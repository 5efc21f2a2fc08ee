// A model in LiteRT's compiled model.
#pragma once

#include <memory>

#include "interpreter.hpp"
#include "litert_library.hpp"

namespace tflops {

// LiteRT shows the inputs and outputs of a signature and no other tensor. A model without signatures has
// one for its primary subgraph; without a signature asked for, that of the primary subgraph is taken.
class LitertInterpreter final : public Interpreter {
 public:
  LitertInterpreter(std::shared_ptr<const LitertLibrary> library, const ModelSource& model,
                    const InterpreterOptions& options);

  std::size_t input_count() const override { return inputs_.size(); }
  std::size_t output_count() const override { return outputs_.size(); }
  std::optional<TensorInfo> tensor_info(std::int64_t) const override { return std::nullopt; }

 private:
  template <class T>
  using Handle = std::unique_ptr<T, void (*)(T*)>;

  struct Port {
    TensorInfo info;  // its shape and size are those of the last allocation
    bool is_open;     // whether the model leaves lengths open
    Handle<LiteRtTensorBufferT> buffer;
  };

  // What is known of the outputs before the model runs.
  struct Outputs {
    std::vector<LiteRtLayout> layouts;
    std::size_t least_bytes;  // of memory for each
  };

  // Where the runtime inside of LiteRT puts its error messages, by LiteRT's numbers: into the compiled
  // model, to be asked for, or on standard error, where they stay if there is no compiled model.
  enum class Messages : int { printed = 1, kept = 2 };

  void open_model();
  LiteRtStatus load(LiteRtEnvironmentT* environment, LiteRtModelT** model) const;
  void open_signature();
  void open_compiled();
  LiteRtStatus compile(LiteRtEnvironmentT* environment, LiteRtModelT* model, Messages messages,
                       LiteRtCompiledModelT** compiled) const;
  std::string words() const;
  void list_ports(LiteRtSignatureT* signature);
  Port port_of(LiteRtTensorT* tensor, const char* name) const;

  void allocate_inputs();
  Outputs observe_outputs() const;
  std::vector<LiteRtLayout> output_layouts(bool infer) const;
  void allocate_outputs(const Outputs& outputs);
  void keep_buffer(Port& port, const LiteRtLayout& layout, LiteRtTensorBufferT* buffer) const;
  TensorView view(const Port& port) const;

  TensorInfo describe_input(std::size_t position) const override { return inputs_[position].info; }
  TensorInfo describe_output(std::size_t position) const override { return outputs_[position].info; }
  TensorView view_input(std::size_t position) const override { return view(inputs_[position]); }
  TensorView view_output(std::size_t position) const override { return view(outputs_[position]); }
  TensorView view_tensor(std::int64_t index) const override;
  std::vector<TensorPlace> list_places(std::int64_t subgraph) const override;
  void resize(std::size_t position, const std::vector<int>& dims) override;
  void allocate_tensors() override;
  void reset() override;
  void run(std::int64_t times) override;
  void start_events() override;
  void collect_events() override;
  void stop_events() noexcept override;
  bool times_all_operators() const override { return true; }

  [[noreturn]] void fail_with_words(const std::string& what, LiteRtStatus status) const;
  void check(LiteRtStatus status, const char* what) const;

  // Destroyed from the last to the first: buffers and compiled model before all that they point to.
  std::shared_ptr<const LitertLibrary> library_;
  const LitertFunctions& litert_;
  const ModelSource source_;
  const InterpreterOptions options_;
  Handle<LiteRtModelT> model_;
  Handle<LiteRtCompiledModelT> compiled_;
  LiteRtProfilerT* profiler_ = nullptr;  // the compiled model's
  LiteRtParamIndex signature_ = 0;
  std::uint64_t subgraph_index_ = 0;
  std::vector<Port> inputs_;
  std::vector<Port> outputs_;
  // What a run is called with: the handles of the ports' buffers.
  std::vector<LiteRtTensorBufferT*> input_buffers_;
  std::vector<LiteRtTensorBufferT*> output_buffers_;
  std::vector<LiteRtProfiledEventData> events_;
  bool is_resized_ = false;  // whether an input was
};

}  // namespace tflops

// A model in the TensorFlow Lite interpreter.
#pragma once

#include <memory>

#include "error_log.hpp"
#include "interpreter.hpp"
#include "subgraph_observer.hpp"
#include "tflite_library.hpp"
#include "tflite_profiler.hpp"

namespace tflops {

class TfliteInterpreter final : public Interpreter {
 public:
  TfliteInterpreter(std::shared_ptr<const TfliteLibrary> library, const ModelSource& model,
                    const InterpreterOptions& options);

  std::size_t input_count() const override { return inputs_.size(); }
  std::size_t output_count() const override { return outputs_.size(); }
  std::optional<TensorInfo> tensor_info(std::int64_t index) const override;

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
  TensorView view(const TfLiteTensor* tensor, const Port& port) const;

  TensorInfo describe_input(std::size_t position) const override;
  TensorInfo describe_output(std::size_t position) const override;
  TensorView view_input(std::size_t position) const override;
  TensorView view_output(std::size_t position) const override;
  TensorView view_tensor(std::int64_t index) const override;
  std::vector<TensorPlace> list_places(std::int64_t subgraph) const override;
  void resize(std::size_t position, const std::vector<int>& dims) override;
  void allocate_tensors() override;
  void reset() override;
  void run(std::int64_t times) override;
  void prepare_run() override { log_.clear(); }

  [[noreturn]] void fail_with_words(const std::string& what, TfLiteStatus status = 0) const;
  void check(TfLiteStatus status, const char* what) const;

  // Destroyed from the last to the first: the runtime object before all that it points to.
  std::shared_ptr<const TfliteLibrary> library_;
  const TfliteFunctions& tflite_;
  ErrorLog log_;
  std::unique_ptr<TfliteProfiler> profiler_;
  Handle<TfLiteModel> model_;
  std::unique_ptr<SubgraphObserver> observer_;
  std::unique_ptr<ExternalDelegate> external_;
  Handle<TfLiteDelegate> xnnpack_;
  Handle<TfLiteInterpreter> interpreter_;
  Handle<TfLiteSignatureRunner> runner_;
  bool is_primary_ = true;  // whether inputs and outputs belong to the primary subgraph
  std::vector<Port> inputs_;
  std::vector<Port> outputs_;
};

}  // namespace tflops

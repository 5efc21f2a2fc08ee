#include "subgraph_observer.hpp"

namespace tflops {
namespace {

// kTfLiteDelegateFlagsAllowDynamicTensors: without it the runtime would allocate memory to look for such tensors,
// and keep the sizes of its tensors from then on.
constexpr std::int64_t allows_dynamic_tensors = 1;

}  // namespace

SubgraphObserver::SubgraphObserver(const TfliteFunctions& tflite) : tflite_(tflite) {
  TfLiteOpaqueDelegateBuilder builder{};
  builder.data = this;
  builder.Prepare = &SubgraphObserver::note;
  builder.flags = allows_dynamic_tensors;
  delegate_ = tflite_.TfLiteOpaqueDelegateCreate(&builder);
}

SubgraphObserver::~SubgraphObserver() { tflite_.TfLiteOpaqueDelegateDelete(delegate_); }

TfLiteStatus SubgraphObserver::note(TfLiteOpaqueContext* subgraph, TfLiteOpaqueDelegate*, void* self) {
  static_cast<SubgraphObserver*>(self)->subgraphs_.push_back(subgraph);
  return 0;
}

const TfLiteTensor* SubgraphObserver::tensor(std::size_t subgraph, int index) const {
  TfLiteOpaqueContext* const context = subgraphs_[subgraph];
  if (index < 0 || static_cast<std::size_t>(index) >= tflite_.TfLiteOpaqueContextGetNumTensors(context)) return nullptr;
  return reinterpret_cast<const TfLiteTensor*>(tflite_.TfLiteOpaqueContextGetOpaqueTensor(context, index));
}

}  // namespace tflops

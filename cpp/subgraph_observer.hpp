// A delegate that takes no operator: it only notes the subgraphs of an interpreter, so that their tensors can be
// looked at later. The C functions of the interpreter reach those of the primary subgraph alone.
#pragma once

#include <vector>

#include "tflite_library.hpp"

namespace tflops {

class SubgraphObserver {
 public:
  // The library must have the functions: TfliteLibrary::has_subgraphs().
  explicit SubgraphObserver(const TfliteFunctions& tflite);
  SubgraphObserver(const SubgraphObserver&) = delete;
  SubgraphObserver& operator=(const SubgraphObserver&) = delete;
  ~SubgraphObserver();

  // To be given to the interpreter, which it must outlive.
  TfLiteDelegate* delegate() const { return reinterpret_cast<TfLiteDelegate*>(delegate_); }

  // In the order of the file, but for those that the runtime keeps from delegates (named "VALIDATION:").
  std::size_t count() const { return subgraphs_.size(); }
  // Null if there is none of this index.
  const TfLiteTensor* tensor(std::size_t subgraph, int index) const;

 private:
  static TfLiteStatus note(TfLiteOpaqueContext* subgraph, TfLiteOpaqueDelegate*, void* self);

  const TfliteFunctions& tflite_;
  TfLiteOpaqueDelegate* delegate_;
  std::vector<TfLiteOpaqueContext*> subgraphs_;
};

}  // namespace tflops

// A delegate in a library of its own, made by the plugin functions that TensorFlow Lite calls external.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tflite_c_api.hpp"

namespace tflops {

// The path of the library, and what it is told.
struct DelegateSource {
  std::string path;
  std::vector<std::pair<std::string, std::string>> options;
};

class ExternalDelegate {
 public:
  // Throws RuntimeLibraryError if the library does not load, is not a delegate, or makes none; with its words.
  explicit ExternalDelegate(const DelegateSource& source);
  ExternalDelegate(const ExternalDelegate&) = delete;
  ExternalDelegate& operator=(const ExternalDelegate&) = delete;
  ~ExternalDelegate();

  TfLiteDelegate* get() const { return delegate_; }

 private:
  void (*destroy_)(TfLiteDelegate*);
  TfLiteDelegate* delegate_;
};

}  // namespace tflops

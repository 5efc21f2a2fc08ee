// A TensorFlow Lite C library: the table of its functions, from the linked library or from one opened by path.
#pragma once

#include <memory>
#include <string>

#include "tflite_c_api.hpp"

namespace tflops {

// Every member has the name and the type of the C function. Required ones are never null in a Library.
struct Functions {
#define TFLOPS_MEMBER(name) decltype(&::name) name = nullptr;
  TFLOPS_REQUIRED_FUNCTIONS(TFLOPS_MEMBER)
  TFLOPS_OPTIONAL_FUNCTIONS(TFLOPS_MEMBER)
#undef TFLOPS_MEMBER
};

class Library {
 public:
  // The default runtime that this build carries. Throws RuntimeLibraryError if it carries none.
  static std::shared_ptr<Library> linked();

  // Any other library. Throws RuntimeLibraryError if it cannot be loaded or is not TensorFlow Lite.
  static std::shared_ptr<Library> open(const std::string& path);

  const Functions& functions() const { return functions_; }
  const std::string& path() const { return path_; }
  std::string version() const { return functions_.TfLiteVersion(); }

  bool has_xnnpack() const;
  bool has_profiler() const;
  bool has_variables() const;
  bool has_signatures() const;

 private:
  explicit Library(const Functions& functions);

  Functions functions_;
  std::string path_;
};

}  // namespace tflops

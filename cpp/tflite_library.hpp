// A TensorFlow Lite C library: the table of its functions, from the linked library or from one opened by path.
#pragma once

#include "library.hpp"
#include "tflite_c_api.hpp"

namespace tflops {

// Every member has the name and the type of the C function. Required ones are never null in a library.
struct TfliteFunctions {
#define TFLOPS_MEMBER(name) decltype(&::name) name = nullptr;
  TFLOPS_REQUIRED_FUNCTIONS(TFLOPS_MEMBER)
  TFLOPS_OPTIONAL_FUNCTIONS(TFLOPS_MEMBER)
#undef TFLOPS_MEMBER
};

class TfliteLibrary final : public Library, public std::enable_shared_from_this<TfliteLibrary> {
 public:
  // As in Library.
  static std::shared_ptr<Library> linked();

  static bool is_one(void* loaded);
  // A loaded library that is one. Throws RuntimeLibraryError if it lacks functions that are needed.
  static std::shared_ptr<Library> of(void* loaded, const std::string& path);

  const TfliteFunctions& functions() const { return functions_; }
  RuntimeKind kind() const override { return RuntimeKind::tflite; }
  std::string version() const override { return functions_.TfLiteVersion(); }
  std::pair<std::string, std::string> tried_versions() const override { return {"2.17.1", "2.23.0"}; }

  bool has_xnnpack() const override;
  bool has_profiler() const override;
  bool has_signatures() const override;
  bool has_subgraphs() const override;
  bool has_variables() const;

  std::unique_ptr<Interpreter> create(const ModelSource& model, const InterpreterOptions& options) const override;

 private:
  explicit TfliteLibrary(const TfliteFunctions& functions);

  TfliteFunctions functions_;
};

}  // namespace tflops

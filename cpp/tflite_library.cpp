#include "tflite_library.hpp"

#include <filesystem>
#include <vector>

#include "dynamic_library.hpp"
#include "errors.hpp"
#include "tflite_interpreter.hpp"

namespace tflops {
namespace {

template <class Function>
void look_up(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(find_function(library, name));
}

void look_up_optional(void* library, TfliteFunctions& functions) {
#define TFLOPS_LOOK_UP(name) look_up(library, #name, functions.name);
  TFLOPS_OPTIONAL_FUNCTIONS(TFLOPS_LOOK_UP)
#undef TFLOPS_LOOK_UP
}

void look_up_required(void* library, TfliteFunctions& functions, std::vector<std::string>& missing) {
#define TFLOPS_LOOK_UP(name)               \
  look_up(library, #name, functions.name); \
  if (functions.name == nullptr) missing.push_back(#name);
  TFLOPS_REQUIRED_FUNCTIONS(TFLOPS_LOOK_UP)
#undef TFLOPS_LOOK_UP
}

template <class Function>
std::string path_of(Function function) {
  return library_path_of(reinterpret_cast<const void*>(function));
}

}  // namespace

TfliteLibrary::TfliteLibrary(const TfliteFunctions& functions)
    : Library(path_of(functions.TfLiteVersion)), functions_(functions) {}

#if defined(TFLOPS_LINKED)

std::shared_ptr<Library> TfliteLibrary::linked() {
  TfliteFunctions functions;
#define TFLOPS_TAKE(name) functions.name = &::name;
  TFLOPS_REQUIRED_FUNCTIONS(TFLOPS_TAKE)
#undef TFLOPS_TAKE
  // Optional functions are looked up: a reference to one that the library lacks would not link.
  look_up_optional(load_library(path_of(&::TfLiteVersion)), functions);
  return std::shared_ptr<Library>(new TfliteLibrary(functions));
}

#elif defined(TFLOPS_BUNDLED_FILE)

// Windows links against an import library, which the packages that carry the DLL do not have; so the
// bundled file is opened from its place beside this one.
std::shared_ptr<Library> TfliteLibrary::linked() {
  const auto here = std::filesystem::u8path(path_of(&Library::open)).parent_path();
  return open((here / TFLOPS_BUNDLED_FILE).u8string());
}

#else

std::shared_ptr<Library> TfliteLibrary::linked() {
  throw RuntimeLibraryError(
      "this build of tflops_native carries no TensorFlow Lite library: choose the runtime 'litert', which the package "
      "ai-edge-litert brings, or give the path of a library");
}

#endif

bool TfliteLibrary::is_one(void* loaded) { return find_function(loaded, "TfLiteVersion") != nullptr; }

std::shared_ptr<Library> TfliteLibrary::of(void* loaded, const std::string& path) {
  TfliteFunctions functions;
  std::vector<std::string> missing;
  look_up_required(loaded, functions, missing);
  if (!missing.empty()) {
    std::string message =
        "'" + path + "' (TensorFlow Lite " + functions.TfLiteVersion() + ") lacks functions that are needed:";
    for (const auto& name : missing) message += " " + name;
    throw RuntimeLibraryError(message);
  }
  look_up_optional(loaded, functions);
  return std::shared_ptr<Library>(new TfliteLibrary(functions));
}

#define TFLOPS_AND_PRESENT(name) &&functions_.name != nullptr
bool TfliteLibrary::has_xnnpack() const { return true TFLOPS_XNNPACK_FUNCTIONS(TFLOPS_AND_PRESENT); }
bool TfliteLibrary::has_profiler() const { return true TFLOPS_PROFILER_FUNCTIONS(TFLOPS_AND_PRESENT); }
bool TfliteLibrary::has_variables() const { return true TFLOPS_VARIABLE_FUNCTIONS(TFLOPS_AND_PRESENT); }
bool TfliteLibrary::has_signatures() const { return true TFLOPS_SIGNATURE_FUNCTIONS(TFLOPS_AND_PRESENT); }
bool TfliteLibrary::has_subgraphs() const { return true TFLOPS_SUBGRAPH_FUNCTIONS(TFLOPS_AND_PRESENT); }
#undef TFLOPS_AND_PRESENT

std::unique_ptr<Interpreter> TfliteLibrary::create(const ModelSource& model, const InterpreterOptions& options) const {
  return std::make_unique<TfliteInterpreter>(shared_from_this(), model, options);
}

}  // namespace tflops

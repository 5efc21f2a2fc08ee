#include "library.hpp"

#include <filesystem>
#include <vector>

#include "dynamic_library.hpp"
#include "errors.hpp"

namespace tflops {
namespace {

template <class Function>
void look_up(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(find_function(library, name));
}

void look_up_optional(void* library, Functions& functions) {
#define TFLOPS_LOOK_UP(name) look_up(library, #name, functions.name);
  TFLOPS_OPTIONAL_FUNCTIONS(TFLOPS_LOOK_UP)
#undef TFLOPS_LOOK_UP
}

void look_up_required(void* library, Functions& functions, std::vector<std::string>& missing) {
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

Library::Library(const Functions& functions) : functions_(functions), path_(path_of(functions.TfLiteVersion)) {}

#if defined(TFLOPS_LINKED)

std::shared_ptr<Library> Library::linked() {
  Functions functions;
#define TFLOPS_TAKE(name) functions.name = &::name;
  TFLOPS_REQUIRED_FUNCTIONS(TFLOPS_TAKE)
#undef TFLOPS_TAKE
  // Optional functions are looked up: a reference to one that the library lacks would not link.
  look_up_optional(load_library(path_of(&::TfLiteVersion)), functions);
  return std::shared_ptr<Library>(new Library(functions));
}

#elif defined(TFLOPS_BUNDLED_FILE)

// Windows links against an import library, which the packages that carry the DLL do not have; so the
// bundled file is opened from its place beside this one.
std::shared_ptr<Library> Library::linked() {
  const auto here = std::filesystem::u8path(path_of(&Library::open)).parent_path();
  return open((here / TFLOPS_BUNDLED_FILE).u8string());
}

#else

std::shared_ptr<Library> Library::linked() {
  throw RuntimeLibraryError(
      "this build of tflops_native carries no TensorFlow Lite library (it was configured with "
      "TFLOPS_TFLITE_C=OFF): give the path of one");
}

#endif

std::shared_ptr<Library> Library::open(const std::string& path) {
  void* const library = load_library(path);
  Functions functions;
  std::vector<std::string> missing;
  look_up_required(library, functions, missing);
  if (functions.TfLiteVersion == nullptr) {
    throw RuntimeLibraryError("'" + path + "' is not a TensorFlow Lite C library: it has no function TfLiteVersion");
  }
  if (!missing.empty()) {
    std::string message =
        "'" + path + "' (TensorFlow Lite " + functions.TfLiteVersion() + ") lacks functions that are needed:";
    for (const auto& name : missing) message += " " + name;
    throw RuntimeLibraryError(message);
  }
  look_up_optional(library, functions);
  return std::shared_ptr<Library>(new Library(functions));
}

#define TFLOPS_AND_PRESENT(name) &&functions_.name != nullptr
bool Library::has_xnnpack() const { return true TFLOPS_XNNPACK_FUNCTIONS(TFLOPS_AND_PRESENT); }
bool Library::has_profiler() const { return true TFLOPS_PROFILER_FUNCTIONS(TFLOPS_AND_PRESENT); }
bool Library::has_variables() const { return true TFLOPS_VARIABLE_FUNCTIONS(TFLOPS_AND_PRESENT); }
bool Library::has_signatures() const { return true TFLOPS_SIGNATURE_FUNCTIONS(TFLOPS_AND_PRESENT); }
#undef TFLOPS_AND_PRESENT

}  // namespace tflops

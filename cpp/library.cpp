#include "library.hpp"

#include "dynamic_library.hpp"
#include "errors.hpp"
#include "tflite_library.hpp"

namespace tflops {

std::shared_ptr<Library> Library::linked() { return TfliteLibrary::linked(); }

std::shared_ptr<Library> Library::open(const std::string& path) {
  void* const library = load_library(path);
  if (TfliteLibrary::is_one(library)) return TfliteLibrary::of(library, path);
  throw RuntimeLibraryError("'" + path + "' is not a TensorFlow Lite C library: it has no function TfLiteVersion");
}

}  // namespace tflops

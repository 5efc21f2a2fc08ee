#include "library.hpp"

#include "dynamic_library.hpp"
#include "errors.hpp"
#include "litert_library.hpp"
#include "tflite_library.hpp"

namespace tflops {

std::shared_ptr<Library> Library::linked() { return TfliteLibrary::linked(); }

std::shared_ptr<Library> Library::open(const std::string& path) {
  void* const library = load_library(path);
  if (TfliteLibrary::is_one(library)) return TfliteLibrary::of(library, path);
  if (LitertLibrary::is_one(library)) return LitertLibrary::of(library, path);
  throw RuntimeLibraryError(
      "'" + path +
      "' is not a runtime: it has neither TfLiteVersion, as TensorFlow Lite C libraries have, nor "
      "LiteRtCreateEnvironment, as LiteRT has");
}

}  // namespace tflops

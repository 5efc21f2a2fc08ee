#include "runtime_library.hpp"

#include <filesystem>

#include "dynamic_library.hpp"
#include "errors.hpp"

namespace tflops::timer {
namespace {

#if defined(_WIN32)
constexpr const char* file_names[] = {"tensorflowlite_c.dll", "libLiteRt.dll"};
#elif defined(__APPLE__)
constexpr const char* file_names[] = {"libtensorflowlite_c.dylib", "libLiteRt.dylib"};
#else
constexpr const char* file_names[] = {"libtensorflowlite_c.so", "libLiteRt.so"};
#endif

}  // namespace

std::shared_ptr<Library> open_runtime(const std::string& path) {
  if (!path.empty()) {
    // A bare name is a file of the working directory, as paths of programs are, and no search.
    const auto file = std::filesystem::u8path(path);
    return Library::open(file.has_parent_path() ? path : (std::filesystem::path(".") / file).u8string());
  }
  const auto program = std::filesystem::u8path(library_path_of(reinterpret_cast<const void*>(&open_runtime)));
  for (const auto& folder : {program.parent_path(), program.parent_path() / "lib"}) {
    for (const char* const name : file_names) {
      std::error_code error;
      if (std::filesystem::exists(folder / name, error)) return Library::open((folder / name).u8string());
    }
  }
  try {
    return Library::open(file_names[0]);
  } catch (const RuntimeLibraryError&) {
    throw RuntimeLibraryError(std::string("there is no ") + file_names[0] + " or " + file_names[1] +
                              " beside this program nor where the system looks: give its path with --runtime");
  }
}

}  // namespace tflops::timer

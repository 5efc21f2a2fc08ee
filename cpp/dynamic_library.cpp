#include "dynamic_library.hpp"

#include <filesystem>
#include <system_error>

#include "errors.hpp"

#ifdef _WIN32
#ifndef NOMINMAX
#define NOMINMAX
#endif
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#else
#include <dlfcn.h>
#endif

namespace tflops {
namespace {

std::string real_path(const std::filesystem::path& path) {
  std::error_code error;
  const auto resolved = std::filesystem::canonical(path, error);
  return (error ? path : resolved).u8string();
}

}  // namespace

void* load_library(const std::string& path) {
  const auto file = std::filesystem::u8path(path);
  std::error_code error;
  // A bare name is left to the loader and its search path.
  if (file.has_parent_path() && !std::filesystem::exists(file, error)) {
    throw RuntimeLibraryError("cannot load '" + path + "': there is no such file");
  }
  if (std::filesystem::is_directory(file, error)) {
    throw RuntimeLibraryError("cannot load '" + path +
                              "': it is a directory, and the path of a shared library is needed");
  }
#ifdef _WIN32
  void* const library = reinterpret_cast<void*>(
      LoadLibraryExW(file.c_str(), nullptr, file.is_absolute() ? LOAD_WITH_ALTERED_SEARCH_PATH : 0));
  if (library == nullptr) {
    const std::error_code reason(static_cast<int>(GetLastError()), std::system_category());
    throw RuntimeLibraryError("cannot load '" + path + "': " + reason.message());
  }
#else
  // RTLD_LOCAL: two runtimes in one process must not see each other's functions of the same name.
  void* const library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    // Of this thread, wherever there is one that loads runtimes.
    const char* const reason = dlerror();  // NOLINT(concurrency-mt-unsafe)
    throw RuntimeLibraryError("cannot load '" + path + "': " + (reason != nullptr ? reason : "no reason given"));
  }
#endif
  return library;
}

void* find_function(void* library, const char* name) {
#ifdef _WIN32
  return reinterpret_cast<void*>(GetProcAddress(static_cast<HMODULE>(library), name));
#else
  return dlsym(library, name);
#endif
}

std::string library_path_of(const void* address) {
#ifdef _WIN32
  HMODULE module = nullptr;
  wchar_t path[32768];
  if (GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
                         static_cast<const wchar_t*>(address), &module) == 0 ||
      GetModuleFileNameW(module, path, 32768) == 0) {
    return "";
  }
  return real_path(path);
#else
  Dl_info info{};
  return dladdr(address, &info) != 0 && info.dli_fname != nullptr ? real_path(info.dli_fname) : "";
#endif
}

}  // namespace tflops

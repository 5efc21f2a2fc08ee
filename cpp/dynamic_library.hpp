// What differs between operating systems about shared libraries: load one, find a function, ask for its path.
#pragma once

#include <string>

namespace tflops {

// Loads the library for the rest of the process. There is no way to unload it: runtimes leave threads
// and exit handlers behind that would then run unmapped code. Throws RuntimeLibraryError.
void* load_library(const std::string& path);

// The address of an exported function, or null.
void* find_function(void* library, const char* name);

// The real path of the loaded library that holds this address, or "" if the system does not tell.
std::string library_path_of(const void* address);

}  // namespace tflops

// Which model was timed: enough to tell it from another one.
#pragma once

#include <cstdint>
#include <string>

namespace tflops::timer {

struct ModelFile {
  std::string name;  // without folders
  std::int64_t size_bytes;
  std::uint32_t crc32;  // as in zlib and Ethernet
};

// Reads the whole file. Throws std::runtime_error if that fails.
ModelFile read_model_file(const std::string& path);

}  // namespace tflops::timer

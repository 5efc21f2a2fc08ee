#include "model_file.hpp"

#include <array>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <vector>

namespace tflops::timer {
namespace {

std::array<std::uint32_t, 256> crc32_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t value = byte;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) != 0 ? 0xEDB88320u : 0u);
    table[byte] = value;
  }
  return table;
}

}  // namespace

ModelFile read_model_file(const std::string& path) {
  const auto file = std::filesystem::u8path(path);
  std::error_code error;
  if (!std::filesystem::exists(file, error)) throw std::runtime_error("cannot read '" + path + "': no such file");
  if (!std::filesystem::is_regular_file(file, error)) {
    throw std::runtime_error("cannot read '" + path + "': it is not a regular file");
  }
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw std::runtime_error("cannot read '" + path + "': permission denied");

  const auto table = crc32_table();
  ModelFile model{file.filename().u8string(), 0, 0xFFFFFFFFu};
  std::vector<char> chunk(std::size_t{1} << 20);
  while (stream) {
    stream.read(chunk.data(), static_cast<std::streamsize>(chunk.size()));
    const auto count = static_cast<std::size_t>(stream.gcount());
    for (std::size_t i = 0; i < count; ++i) {
      model.crc32 = table[(model.crc32 ^ static_cast<unsigned char>(chunk[i])) & 0xFF] ^ (model.crc32 >> 8);
    }
    model.size_bytes += static_cast<std::int64_t>(count);
  }
  if (stream.bad()) throw std::runtime_error("cannot read '" + path + "' to its end");
  model.crc32 ^= 0xFFFFFFFFu;
  return model;
}

}  // namespace tflops::timer

#include "model_copy.hpp"

#include <cstring>
#include <filesystem>
#include <fstream>
#include <new>
#include <system_error>

#include "errors.hpp"

#ifndef _WIN32
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#endif

namespace tflops {
namespace {

// Kernels take weights for aligned where the file aligns them.
constexpr std::align_val_t alignment{64};

[[noreturn]] void refuse(const std::string& path, const std::string& reason) {
  throw ArgumentError("cannot read '" + path + "': " + reason);
}

}  // namespace

void ModelCopy::Free::operator()(unsigned char* memory) const noexcept {
#ifndef _WIN32
  if (mapped_bytes > 0) {
    munmap(memory, mapped_bytes);
    return;
  }
#endif
  ::operator delete(memory, alignment);
}

ModelCopy::Memory ModelCopy::allocate(std::size_t size) {
  return {static_cast<unsigned char*>(::operator new(size, alignment)), Free{0}};
}

ModelCopy::ModelCopy(const void* data, std::size_t size, std::size_t room)
    : size_(size + room), memory_(allocate(size_)) {
  std::memcpy(memory_.get(), data, size);
  std::memset(memory_.get() + size, 0, room);
}

#ifdef _WIN32

ModelCopy::ModelCopy(const std::string& path, std::size_t room) {
  const auto file = std::filesystem::u8path(path);
  std::error_code error;
  const auto size = static_cast<std::size_t>(std::filesystem::file_size(file, error));
  if (error) refuse(path, error.message());
  size_ = size + room;
  memory_ = allocate(size_);
  std::ifstream stream(file, std::ios::binary);
  stream.read(reinterpret_cast<char*>(memory_.get()), static_cast<std::streamsize>(size));
  if (static_cast<std::size_t>(stream.gcount()) != size) refuse(path, "it ends early");
  std::memset(memory_.get() + size, 0, room);
}

#else

ModelCopy::ModelCopy(const std::string& path, std::size_t room) {
  struct File {
    int number;
    explicit File(const std::string& name) : number(open(name.c_str(), O_RDONLY | O_CLOEXEC)) {}
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    ~File() {
      if (number >= 0) close(number);
    }
  };
  const File file(path);
  struct stat facts{};
  if (file.number < 0 || fstat(file.number, &facts) != 0) refuse(path, std::system_category().message(errno));
  const auto file_size = static_cast<std::size_t>(facts.st_size);
  if (!S_ISREG(facts.st_mode) || file_size == 0) refuse(path, "it is not a file with content");
  size_ = file_size + room;
  // The room behind the file begins in its last page and goes on in memory of no file.
  void* const all = mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (all == MAP_FAILED) throw std::bad_alloc();
  memory_ = {static_cast<unsigned char*>(all), Free{size_}};
  if (mmap(all, file_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, file.number, 0) == MAP_FAILED) {
    refuse(path, std::system_category().message(errno));
  }
}

#endif

}  // namespace tflops

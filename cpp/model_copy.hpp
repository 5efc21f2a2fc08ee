// A model that can be edited, without its weights in memory twice.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

namespace tflops {

// The bytes of a model, followed by room for more (zeros). Of a file only the pages that are written to take
// memory of their own, where the system can map it so; bytes and files of other systems are copied.
class ModelCopy {
 public:
  // Throws ArgumentError if the file cannot be read, std::bad_alloc.
  ModelCopy(const std::string& path, std::size_t room);
  ModelCopy(const void* data, std::size_t size, std::size_t room);

  unsigned char* data() const { return memory_.get(); }
  std::size_t size() const { return size_; }

 private:
  struct Free {
    std::size_t mapped_bytes;  // 0 if it is not mapped
    void operator()(unsigned char* memory) const noexcept;
  };
  using Memory = std::unique_ptr<unsigned char, Free>;

  static Memory allocate(std::size_t size);

  std::size_t size_ = 0;
  Memory memory_{nullptr, Free{0}};
};

}  // namespace tflops

#include "standard_error.hpp"

#include <cstddef>
#include <cstdio>
#include <memory>

#ifdef _WIN32
#include <io.h>
#else
#include <unistd.h>
#endif

namespace tflops {
namespace {

#ifdef _WIN32
int duplicate(int file) { return _dup(file); }
int replace(int file, int by) { return _dup2(by, file); }
int number_of(std::FILE* file) { return _fileno(file); }
void close_number(int file) { _close(file); }
#else
int duplicate(int file) { return dup(file); }
int replace(int file, int by) { return dup2(by, file); }
int number_of(std::FILE* file) { return fileno(file); }
void close_number(int file) { close(file); }
#endif

// Standard error goes to a file for as long as this lives.
class Redirected {
 public:
  explicit Redirected(std::FILE* to) : error_(number_of(stderr)), before_(error_ < 0 ? -1 : duplicate(error_)) {
    std::fflush(stderr);
    if (before_ >= 0 && replace(error_, number_of(to)) < 0) {
      close_number(before_);
      before_ = -1;
    }
  }
  Redirected(const Redirected&) = delete;
  Redirected& operator=(const Redirected&) = delete;
  ~Redirected() {
    std::fflush(stderr);
    if (before_ < 0) return;
    replace(error_, before_);
    close_number(before_);
  }

 private:
  int error_;
  int before_;
};

}  // namespace

std::string caught_from_standard_error(const std::function<void()>& call) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::tmpfile(), &std::fclose);
  if (file == nullptr) {
    call();
    return "";
  }
  {
    const Redirected redirected(file.get());
    call();
  }
  std::string caught;
  if (std::fseek(file.get(), 0, SEEK_SET) != 0) return "";
  char piece[4096];
  for (std::size_t count = 1; count > 0;) {
    count = std::fread(piece, 1, sizeof piece, file.get());
    caught.append(piece, count);
  }
  return caught;
}

}  // namespace tflops

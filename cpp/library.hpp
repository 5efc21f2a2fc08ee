// A library that runs models: which features it has, and interpreters made with it.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "interpreter.hpp"

namespace tflops {

enum class RuntimeKind { tflite, litert };

class Library {
 public:
  // The default runtime that this build carries. Throws RuntimeLibraryError if it carries none.
  static std::shared_ptr<Library> linked();

  // Any other library, of the kind that its functions say. Throws RuntimeLibraryError if it cannot be
  // loaded, or is of no kind that is known.
  static std::shared_ptr<Library> open(const std::string& path);

  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;
  virtual ~Library() = default;

  const std::string& path() const { return path_; }
  virtual RuntimeKind kind() const = 0;
  // Empty if the library does not tell.
  virtual std::string version() const = 0;
  // The oldest and the newest version that this code was run with: what others do with the same calls is
  // not known.
  virtual std::pair<std::string, std::string> tried_versions() const = 0;

  virtual bool has_xnnpack() const = 0;
  virtual bool has_profiler() const = 0;
  virtual bool has_signatures() const = 0;
  // Whether the memory of subgraphs can be looked at: InterpreterOptions::shows_subgraphs.
  virtual bool has_subgraphs() const = 0;

  // The interpreter keeps the library. Throws RuntimeLibraryError if the library lacks what the options
  // ask for, ArgumentError if they cannot be right, InvokeError if the model is refused.
  virtual std::unique_ptr<Interpreter> create(const ModelSource& model, const InterpreterOptions& options) const = 0;

 protected:
  explicit Library(std::string path) : path_(std::move(path)) {}

 private:
  std::string path_;
};

}  // namespace tflops

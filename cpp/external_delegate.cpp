#include "external_delegate.hpp"

#include "dynamic_library.hpp"
#include "error_log.hpp"
#include "errors.hpp"

namespace tflops {
namespace {

using Create = TfLiteDelegate* (*)(char** keys, char** values, std::size_t count, void (*report)(const char*));
using Destroy = void (*)(TfLiteDelegate*);

template <class Function>
Function need_function(void* library, const std::string& path, const char* name) {
  const auto function = reinterpret_cast<Function>(find_function(library, name));
  if (function == nullptr) {
    throw RuntimeLibraryError("'" + path + "' is not an external delegate: it has no function " + name);
  }
  return function;
}

// The callback has no argument for its user; it is called while a delegate is being made, if ever.
thread_local ErrorLog* words = nullptr;

// Called from C: nothing may be thrown.
void report(const char* message) noexcept {
  if (words != nullptr) words->add(message);
}

// Also where the library throws.
class Listening {
 public:
  explicit Listening(ErrorLog& log) { words = &log; }
  Listening(const Listening&) = delete;
  Listening& operator=(const Listening&) = delete;
  ~Listening() { words = nullptr; }
};

}  // namespace

ExternalDelegate::ExternalDelegate(const DelegateSource& source) {
  void* const library = load_library(source.path);
  const auto create = need_function<Create>(library, source.path, "tflite_plugin_create_delegate");
  destroy_ = need_function<Destroy>(library, source.path, "tflite_plugin_destroy_delegate");
  auto options = source.options;  // the function takes pointers to what it could change
  std::vector<char*> keys;
  std::vector<char*> values;
  for (auto& [key, value] : options) {
    keys.push_back(key.data());
    values.push_back(value.data());
  }
  ErrorLog log;
  {
    const Listening listening(log);
    delegate_ = create(keys.data(), values.data(), options.size(), &report);
  }
  if (delegate_ == nullptr) {
    const std::string said = log.text();
    throw RuntimeLibraryError("'" + source.path +
                              "' could not make a delegate: " + (said.empty() ? "it gave no reason" : said));
  }
}

ExternalDelegate::~ExternalDelegate() { destroy_(delegate_); }

}  // namespace tflops

#include "external_delegate.hpp"

#include "dynamic_library.hpp"
#include "errors.hpp"

namespace tflops {
namespace {

using Create = TfLiteDelegate* (*)(char** keys, char** values, std::size_t count, void (*report)(const char*));
using Destroy = void (*)(TfLiteDelegate*);

template <class Function>
Function need_function(void* library, const std::string& path, const char* name) {
  const auto function = reinterpret_cast<Function>(find_function(library, name));
  if (function == nullptr) {
    throw RuntimeLibraryError("'" + path + "' is no external delegate: it has no function " + name);
  }
  return function;
}

// The callback has no argument for its user; it is called while a delegate is being made, if ever.
thread_local std::string* words = nullptr;

void report(const char* message) {
  if (words != nullptr && message != nullptr) *words += (words->empty() ? "" : "; ") + std::string(message);
}

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
  std::string said;
  words = &said;
  delegate_ = create(keys.data(), values.data(), options.size(), &report);
  words = nullptr;
  if (delegate_ == nullptr) {
    said.erase(said.find_last_not_of("\n .") + 1);
    throw RuntimeLibraryError("'" + source.path + "' could not make a delegate: " +
                              (said.empty() ? "it gave no reason" : said));
  }
}

ExternalDelegate::~ExternalDelegate() { destroy_(delegate_); }

}  // namespace tflops

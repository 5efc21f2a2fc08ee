// A LiteRT library, opened by path: the table of its functions, and its environment.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "library.hpp"
#include "litert_c_api.hpp"

namespace tflops {

// Every member has the name and the type of the C function; none is null in a library.
struct LitertFunctions {
#define TFLOPS_MEMBER(name) decltype(&::name) name = nullptr;
  TFLOPS_LITERT_FUNCTIONS(TFLOPS_MEMBER)
#undef TFLOPS_MEMBER
};

class LitertLibrary final : public Library, public std::enable_shared_from_this<LitertLibrary> {
 public:
  static bool is_one(void* loaded);
  // A loaded library that is one. Throws RuntimeLibraryError if it is too old, or does not start.
  static std::shared_ptr<Library> of(void* loaded, const std::string& path);

  const LitertFunctions& functions() const { return functions_; }
  LiteRtEnvironmentT* environment() const { return environment_.get(); }
  // What LiteRT says of errors while a call that failed is made again, in an environment that does not keep
  // silent: no C function gives it. One line; "" if it says nothing.
  std::string words_of(const std::function<void(LiteRtEnvironmentT*)>& again) const;

  RuntimeKind kind() const override { return RuntimeKind::litert; }
  std::string version() const override { return ""; }  // it has no function that tells
  std::pair<std::string, std::string> tried_versions() const override { return {"2.1.6", "2.3.0"}; }
  bool has_xnnpack() const override { return true; }
  bool has_profiler() const override { return true; }
  bool has_signatures() const override { return true; }
  bool has_subgraphs() const override { return false; }

  std::unique_ptr<Interpreter> create(const ModelSource& model, const InterpreterOptions& options) const override;

 private:
  using Environment = std::unique_ptr<LiteRtEnvironmentT, void (*)(LiteRtEnvironmentT*)>;

  Environment open_environment(int log_severity) const;

  explicit LitertLibrary(const LitertFunctions& functions);

  LitertFunctions functions_;
  Environment environment_;
};

const char* litert_status_name(LiteRtStatus status);

}  // namespace tflops

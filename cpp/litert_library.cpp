#include "litert_library.hpp"

#include <cstdio>
#include <sstream>
#include <string_view>

#include "dynamic_library.hpp"
#include "error_log.hpp"
#include "errors.hpp"
#include "litert_interpreter.hpp"
#include "standard_error.hpp"

namespace tflops {

bool LitertLibrary::is_one(void* loaded) { return find_function(loaded, "LiteRtCreateEnvironment") != nullptr; }

std::shared_ptr<Library> LitertLibrary::of(void* loaded, const std::string& path) {
  LitertFunctions functions;
  std::string missing;
#define TFLOPS_LOOK_UP(name)                                                                 \
  functions.name = reinterpret_cast<decltype(functions.name)>(find_function(loaded, #name)); \
  if (functions.name == nullptr) missing += std::string(" ") + #name;
  TFLOPS_LITERT_FUNCTIONS(TFLOPS_LOOK_UP)
#undef TFLOPS_LOOK_UP
  if (functions.LiteRtCreateModelFromFd == nullptr) {
    throw RuntimeLibraryError("'" + path +
                              "' is a LiteRT before 2.1.6, whose functions take other arguments: 2.1.6 or newer is "
                              "needed (pip install --upgrade ai-edge-litert)");
  }
  if (!missing.empty()) throw RuntimeLibraryError("'" + path + "' (LiteRT) lacks functions that are needed:" + missing);
  return std::shared_ptr<Library>(new LitertLibrary(functions));
}

LitertLibrary::LitertLibrary(const LitertFunctions& functions)
    : Library(library_path_of(reinterpret_cast<const void*>(functions.LiteRtCreateEnvironment))),
      functions_(functions),
      environment_(open_environment(kLiteRtLogSeveritySilent)) {}

// Only what is used: otherwise it looks for drivers of accelerators.
LitertLibrary::Environment LitertLibrary::open_environment(int log_severity) const {
  LiteRtEnvOption options[2] = {};
  options[0].tag = kLiteRtEnvOptionTagAutoRegisterAccelerators;
  options[0].value.type = kLiteRtAnyTypeInt;
  options[0].value.int_value = kLiteRtHwAcceleratorCpu;
  options[1].tag = kLiteRtEnvOptionTagMinLoggerSeverity;
  options[1].value.type = kLiteRtAnyTypeInt;
  options[1].value.int_value = log_severity;
  LiteRtEnvironmentT* environment = nullptr;
  const LiteRtStatus status = functions_.LiteRtCreateEnvironment(2, options, &environment);
  if (status != 0) {
    throw RuntimeLibraryError("LiteRT ('" + path() + "') could not start: status " + std::to_string(status) + " (" +
                              litert_status_name(status) + ")");
  }
  return {environment, functions_.LiteRtDestroyEnvironment};
}

std::string LitertLibrary::words_of(const std::function<void(LiteRtEnvironmentT*)>& again) const {
  const Environment loud = open_environment(kLiteRtLogSeverityError);
  const std::string caught = caught_from_standard_error([&] { again(loud.get()); });
  // How much is said is a matter of the process: the last environment decides.
  open_environment(kLiteRtLogSeveritySilent);
  // Lines are "ERROR: [file.cc:12] What is wrong."; others are not LiteRT's.
  ErrorLog log;
  std::istringstream lines(caught);
  for (std::string line; std::getline(lines, line);) {
    constexpr std::string_view error = "ERROR: ";
    if (line.rfind(error, 0) == 0) {
      const std::size_t place = line.find("] ");
      log.add(line.c_str() + (place == std::string::npos ? error.size() : place + 2));
    } else {
      std::fprintf(stderr, "%s\n", line.c_str());
    }
  }
  return log.text();
}

std::unique_ptr<Interpreter> LitertLibrary::create(const ModelSource& model, const InterpreterOptions& options) const {
  return std::make_unique<LitertInterpreter>(shared_from_this(), model, options);
}

const char* litert_status_name(LiteRtStatus status) {
  switch (status) {
    case 1:
      return "invalid argument";
    case 2:
      return "memory allocation failed";
    case 3:
      return "runtime failure";
    case 4:
      return "missing input tensor";
    case 5:
      return "unsupported";
    case 6:
      return "not found";
    case 8:
      return "wrong version";
    case 100:
      return "cancelled";
    case 500:
      return "file cannot be read";
    case 501:
      return "invalid flatbuffer";
    case 502:
      return "dynamic loading failed";
    case 503:
      return "serialization failed";
    case 504:
      return "compilation failed";
    case 1000:
      return "index out of bounds";
    case 1001:
      return "invalid type";
    case 1002:
      return "invalid graph";
    default:
      return "unknown status";
  }
}

}  // namespace tflops

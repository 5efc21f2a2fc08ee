// The loop that a C++ programmer writes: a model timed over the TensorFlow Lite C API and nothing else.
//
//     plain_loop MODEL.tflite SAMPLES INVOKES_PER_SAMPLE
//
// Built-in kernels, one thread. Prints the nanoseconds of each sample, one per line.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "tflite_c_api.hpp"

namespace {

void report(void*, const char* format, std::va_list arguments) { std::vfprintf(stderr, format, arguments); }

void need(bool is_fine, const char* what) {
  if (is_fine) return;
  std::fprintf(stderr, "could not %s\n", what);
  std::exit(1);
}

}  // namespace

int main(int argc, char** argv) {
  need(argc == 4, "read the arguments: MODEL.tflite SAMPLES INVOKES_PER_SAMPLE");
  const int samples = std::atoi(argv[2]);
  const int invokes = std::atoi(argv[3]);
  need(samples > 0 && invokes > 0, "count samples and invokes: both must be at least 1");

  TfLiteModel* const model = TfLiteModelCreateFromFileWithErrorReporter(argv[1], report, nullptr);
  need(model != nullptr, "open the model");
  TfLiteInterpreterOptions* const options = TfLiteInterpreterOptionsCreate();
  TfLiteInterpreterOptionsSetNumThreads(options, 1);
  TfLiteInterpreter* const interpreter = TfLiteInterpreterCreate(model, options);
  need(interpreter != nullptr, "create the interpreter");
  need(TfLiteInterpreterAllocateTensors(interpreter) == 0, "allocate tensors");
  TfLiteTensor* const input =
      TfLiteInterpreterGetTensor(interpreter, TfLiteInterpreterInputTensorIndices(interpreter)[0]);
  std::memset(TfLiteTensorData(input), 0, TfLiteTensorByteSize(input));

  using Clock = std::chrono::steady_clock;
  std::vector<Clock::duration> durations(static_cast<std::size_t>(samples));
  for (int i = 0; i < 100; ++i) need(TfLiteInterpreterInvoke(interpreter) == 0, "invoke");
  for (auto& duration : durations) {
    const auto start = Clock::now();
    for (int i = 0; i < invokes; ++i) need(TfLiteInterpreterInvoke(interpreter) == 0, "invoke");
    duration = Clock::now() - start;
  }
  for (const auto& duration : durations) {
    std::printf("%lld\n", static_cast<long long>(std::chrono::nanoseconds(duration).count()));
  }
  TfLiteInterpreterDelete(interpreter);
  TfLiteInterpreterOptionsDelete(options);
  TfLiteModelDelete(model);
}

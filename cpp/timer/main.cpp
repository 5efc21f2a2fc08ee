// tflops-timer: times a TensorFlow Lite model on a target without Python; see docs/timer.md.

#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <stdexcept>

#include "document.hpp"

namespace tflops::timer {
namespace {

constexpr int usage_error = 2;

std::ofstream open_output(const std::string& path, std::ios::openmode mode) {
  std::ofstream file(std::filesystem::u8path(path), mode);
  if (!file) throw std::runtime_error("cannot write '" + path + "'");
  return file;
}

void write(std::ostream& stream, const Options& options, const ModelFile& model, const Measurement& measurement) {
  write_document(stream, options, model, this_machine(), measurement);
  stream.flush();
  if (!stream) throw std::runtime_error("cannot write the result to its end");
}

void run(const Options& options) {
  const ModelFile model = read_model_file(options.model);
  // What cannot be written should not be measured; what is there stays until the measurement is done.
  if (!options.output.empty()) open_output(options.output, std::ios::app);
  const Measurement measurement = measure(options);
  if (options.profile && measurement.profiled == nullptr) {
    std::cerr << "note: this library has no profiler, so there are no times of operators\n";
  }
  if (options.output.empty()) {
    write(std::cout, options, model, measurement);
    return;
  }
  std::ofstream file = open_output(options.output, std::ios::trunc);
  write(file, options, model, measurement);
  std::cout << options.output << ": " << measurement.samples_ns.size() << " samples, " << measurement.profiled_ns.size()
            << " profiled runs\n";
}

}  // namespace
}  // namespace tflops::timer

int main(int count, char** arguments) {
  using namespace tflops::timer;
  try {
    if (has_flag(count, arguments, "--help")) {
      std::cout << usage;
    } else if (has_flag(count, arguments, "--version")) {
      std::cout << "tflops-timer " TFLOPS_VERSION "\n";
    } else {
      run(parse_options(count, arguments));
    }
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "error: " << error.what() << '\n';
    return usage_error;
  }
}

// The JSON document of a measurement, which python/tflops_native/imported/timer_json.py reads.
#pragma once

#include <ostream>

#include "machine.hpp"
#include "measurement.hpp"
#include "model_file.hpp"
#include "options.hpp"

namespace tflops::timer {

void write_document(std::ostream& stream, const Options& options, const ModelFile& model, const Machine& machine,
                    const Measurement& measurement);

}  // namespace tflops::timer

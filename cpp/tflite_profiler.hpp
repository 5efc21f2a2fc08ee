// TensorFlow Lite's telemetry callbacks, which hand the operators that run to a recorder.
#pragma once

#include "profile_recorder.hpp"
#include "tflite_c_api.hpp"

namespace tflops {

class TfliteProfiler {
 public:
  // The recorder must outlive this, and this the TFLite interpreter.
  explicit TfliteProfiler(ProfileRecorder& recorder);
  // TFLite keeps the address of the callbacks.
  TfliteProfiler(const TfliteProfiler&) = delete;
  TfliteProfiler& operator=(const TfliteProfiler&) = delete;

  TfLiteTelemetryProfilerStruct* callbacks() { return &callbacks_; }

 private:
  TfLiteTelemetryProfilerStruct callbacks_;
};

}  // namespace tflops

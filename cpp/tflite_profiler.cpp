#include "tflite_profiler.hpp"

namespace tflops {
namespace {

ProfileRecorder& recorder_of(TfLiteTelemetryProfilerStruct* callbacks) {
  return *static_cast<ProfileRecorder*>(callbacks->data);
}

}  // namespace

TfliteProfiler::TfliteProfiler(ProfileRecorder& recorder) {
  callbacks_.data = &recorder;
  callbacks_.ReportTelemetryEvent = [](TfLiteTelemetryProfilerStruct*, const char*, std::uint64_t) {};
  callbacks_.ReportTelemetryOpEvent = [](TfLiteTelemetryProfilerStruct*, const char*, std::int64_t, std::int64_t,
                                         std::uint64_t) {};
  callbacks_.ReportSettings = [](TfLiteTelemetryProfilerStruct*, const char*, const TfLiteTelemetrySettings*) {};
  callbacks_.ReportBeginOpInvokeEvent = [](TfLiteTelemetryProfilerStruct* self, const char* name,
                                           std::int64_t operator_index, std::int64_t subgraph_index) {
    return recorder_of(self).begin_operator(name, operator_index, subgraph_index);
  };
  callbacks_.ReportEndOpInvokeEvent = [](TfLiteTelemetryProfilerStruct* self, std::uint32_t handle) {
    recorder_of(self).end_operator(handle);
  };
  callbacks_.ReportOpInvokeEvent = [](TfLiteTelemetryProfilerStruct* self, const char* name, std::uint64_t elapsed,
                                      std::int64_t operator_index, std::int64_t subgraph_index) {
    recorder_of(self).add_delegated(name, elapsed, operator_index, subgraph_index);
  };
}

}  // namespace tflops

// The part of the TensorFlow Lite C ABI that is called here: types, prototypes, and the one list of functions.
//
// Declared here rather than taken from TFLite's headers, because a build has only the library: its
// headers come with the TensorFlow sources. Prototypes are the same from TF 2.17 to LiteRT 2.3.
#pragma once

#include <cstdarg>
#include <cstddef>
#include <cstdint>

extern "C" {

struct TfLiteModel;
struct TfLiteInterpreterOptions;
struct TfLiteInterpreter;
struct TfLiteSignatureRunner;
struct TfLiteDelegate;
struct TfLiteTensor;
struct TfLiteOpaqueTensor;    // the same tensor, under the name that functions for operators have for it
struct TfLiteOpaqueContext;   // a subgraph
struct TfLiteOpaqueDelegate;  // the same delegate, likewise

// Plain ints and not enums: a library newer than this list may return numbers that it does not name.
using TfLiteStatus = int;
using TfLiteType = int;
using TfLiteAllocationType = int;

struct TfLiteQuantizationParams {
  float scale;
  std::int32_t zero_point;
};

struct TfLiteTelemetrySettings;

// All six callbacks must be set: TFLite calls them without looking.
struct TfLiteTelemetryProfilerStruct {
  void* data;
  void (*ReportTelemetryEvent)(TfLiteTelemetryProfilerStruct*, const char* event_name, std::uint64_t status);
  void (*ReportTelemetryOpEvent)(TfLiteTelemetryProfilerStruct*, const char* event_name, std::int64_t op_index,
                                 std::int64_t subgraph_index, std::uint64_t status);
  void (*ReportSettings)(TfLiteTelemetryProfilerStruct*, const char* setting_name,
                         const TfLiteTelemetrySettings* settings);
  std::uint32_t (*ReportBeginOpInvokeEvent)(TfLiteTelemetryProfilerStruct*, const char* op_name, std::int64_t op_index,
                                            std::int64_t subgraph_index);
  void (*ReportEndOpInvokeEvent)(TfLiteTelemetryProfilerStruct*, std::uint32_t event_handle);
  void (*ReportOpInvokeEvent)(TfLiteTelemetryProfilerStruct*, const char* op_name, std::uint64_t elapsed_us,
                              std::int64_t op_index, std::int64_t subgraph_index);
};
static_assert(sizeof(TfLiteTelemetryProfilerStruct) == 7 * sizeof(void*));
static_assert(sizeof(TfLiteQuantizationParams) == 8 && offsetof(TfLiteQuantizationParams, zero_point) == 4);

// The true struct grew from 32 to 64 bytes over the versions, so its fields cannot be declared; only
// num_threads is first in all of them. A struct larger than any of them is returned through memory
// that the caller gives, as the true one is: the library fills in, and later reads, only its own part.
struct TfLiteXNNPackDelegateOptions {
  std::int32_t num_threads;
  std::int32_t rest_of_any_version[63];
};

// What a delegate is made of. Copied when it is.
struct TfLiteOpaqueDelegateBuilder {
  void* data;
  TfLiteStatus (*Prepare)(TfLiteOpaqueContext*, TfLiteOpaqueDelegate*, void* data);
  TfLiteStatus (*CopyFromBufferHandle)(TfLiteOpaqueContext*, TfLiteOpaqueDelegate*, void* data, int handle,
                                       TfLiteOpaqueTensor*);
  TfLiteStatus (*CopyToBufferHandle)(TfLiteOpaqueContext*, TfLiteOpaqueDelegate*, void* data, int handle,
                                     TfLiteOpaqueTensor*);
  void (*FreeBufferHandle)(TfLiteOpaqueContext*, TfLiteOpaqueDelegate*, void* data, int* handle);
  std::int64_t flags;
};
static_assert(sizeof(TfLiteOpaqueDelegateBuilder) == 5 * sizeof(void*) + 8);

using TfLiteErrorReporter = void (*)(void* user_data, const char* format, std::va_list arguments);

const char* TfLiteVersion();
TfLiteModel* TfLiteModelCreateWithErrorReporter(const void* data, std::size_t size, TfLiteErrorReporter,
                                                void* user_data);
TfLiteModel* TfLiteModelCreateFromFileWithErrorReporter(const char* path, TfLiteErrorReporter, void* user_data);
void TfLiteModelDelete(TfLiteModel*);

TfLiteInterpreterOptions* TfLiteInterpreterOptionsCreate();
void TfLiteInterpreterOptionsDelete(TfLiteInterpreterOptions*);
void TfLiteInterpreterOptionsSetNumThreads(TfLiteInterpreterOptions*, std::int32_t threads);
void TfLiteInterpreterOptionsAddDelegate(TfLiteInterpreterOptions*, TfLiteDelegate*);
void TfLiteInterpreterOptionsSetErrorReporter(TfLiteInterpreterOptions*, TfLiteErrorReporter, void* user_data);
void TfLiteInterpreterOptionsSetTelemetryProfiler(TfLiteInterpreterOptions*, TfLiteTelemetryProfilerStruct*);

TfLiteInterpreter* TfLiteInterpreterCreate(const TfLiteModel*, const TfLiteInterpreterOptions*);
void TfLiteInterpreterDelete(TfLiteInterpreter*);
std::int32_t TfLiteInterpreterGetInputTensorCount(const TfLiteInterpreter*);
std::int32_t TfLiteInterpreterGetOutputTensorCount(const TfLiteInterpreter*);
const int* TfLiteInterpreterInputTensorIndices(const TfLiteInterpreter*);
const int* TfLiteInterpreterOutputTensorIndices(const TfLiteInterpreter*);
TfLiteTensor* TfLiteInterpreterGetTensor(const TfLiteInterpreter*, int index);
TfLiteStatus TfLiteInterpreterResizeInputTensor(TfLiteInterpreter*, std::int32_t position, const int* dims,
                                                std::int32_t rank);
TfLiteStatus TfLiteInterpreterAllocateTensors(TfLiteInterpreter*);
TfLiteStatus TfLiteInterpreterInvoke(TfLiteInterpreter*);
TfLiteStatus TfLiteInterpreterResetVariableTensors(TfLiteInterpreter*);

std::int32_t TfLiteInterpreterGetSignatureCount(const TfLiteInterpreter*);
const char* TfLiteInterpreterGetSignatureKey(const TfLiteInterpreter*, std::int32_t index);
TfLiteSignatureRunner* TfLiteInterpreterGetSignatureRunner(const TfLiteInterpreter*, const char* key);
std::size_t TfLiteSignatureRunnerGetInputCount(const TfLiteSignatureRunner*);
std::size_t TfLiteSignatureRunnerGetOutputCount(const TfLiteSignatureRunner*);
const char* TfLiteSignatureRunnerGetInputName(const TfLiteSignatureRunner*, std::int32_t position);
const char* TfLiteSignatureRunnerGetOutputName(const TfLiteSignatureRunner*, std::int32_t position);
TfLiteTensor* TfLiteSignatureRunnerGetInputTensor(TfLiteSignatureRunner*, const char* name);
const TfLiteTensor* TfLiteSignatureRunnerGetOutputTensor(const TfLiteSignatureRunner*, const char* name);
TfLiteStatus TfLiteSignatureRunnerResizeInputTensor(TfLiteSignatureRunner*, const char* name, const int* dims,
                                                    std::int32_t rank);
TfLiteStatus TfLiteSignatureRunnerAllocateTensors(TfLiteSignatureRunner*);
TfLiteStatus TfLiteSignatureRunnerInvoke(TfLiteSignatureRunner*);
void TfLiteSignatureRunnerDelete(TfLiteSignatureRunner*);

TfLiteType TfLiteTensorType(const TfLiteTensor*);
std::int32_t TfLiteTensorNumDims(const TfLiteTensor*);
std::int32_t TfLiteTensorDim(const TfLiteTensor*, std::int32_t axis);
std::size_t TfLiteTensorByteSize(const TfLiteTensor*);
void* TfLiteTensorData(const TfLiteTensor*);
const char* TfLiteTensorName(const TfLiteTensor*);
TfLiteQuantizationParams TfLiteTensorQuantizationParams(const TfLiteTensor*);
TfLiteAllocationType TfLiteOpaqueTensorGetAllocationType(const TfLiteOpaqueTensor*);

TfLiteOpaqueDelegate* TfLiteOpaqueDelegateCreate(const TfLiteOpaqueDelegateBuilder*);
void TfLiteOpaqueDelegateDelete(TfLiteOpaqueDelegate*);
std::size_t TfLiteOpaqueContextGetNumTensors(const TfLiteOpaqueContext*);
TfLiteOpaqueTensor* TfLiteOpaqueContextGetOpaqueTensor(const TfLiteOpaqueContext*, int index);

TfLiteXNNPackDelegateOptions TfLiteXNNPackDelegateOptionsDefault();
TfLiteDelegate* TfLiteXNNPackDelegateCreate(const TfLiteXNNPackDelegateOptions*);
void TfLiteXNNPackDelegateDelete(TfLiteDelegate*);

}  // extern "C"

// The one list: the function table, the look-up by name and the check at build time are made from it.
#define TFLOPS_REQUIRED_FUNCTIONS(X)            \
  X(TfLiteVersion)                              \
  X(TfLiteModelCreateWithErrorReporter)         \
  X(TfLiteModelCreateFromFileWithErrorReporter) \
  X(TfLiteModelDelete)                          \
  X(TfLiteInterpreterOptionsCreate)             \
  X(TfLiteInterpreterOptionsDelete)             \
  X(TfLiteInterpreterOptionsSetNumThreads)      \
  X(TfLiteInterpreterOptionsAddDelegate)        \
  X(TfLiteInterpreterOptionsSetErrorReporter)   \
  X(TfLiteInterpreterCreate)                    \
  X(TfLiteInterpreterDelete)                    \
  X(TfLiteInterpreterGetInputTensorCount)       \
  X(TfLiteInterpreterGetOutputTensorCount)      \
  X(TfLiteInterpreterInputTensorIndices)        \
  X(TfLiteInterpreterOutputTensorIndices)       \
  X(TfLiteInterpreterGetTensor)                 \
  X(TfLiteInterpreterResizeInputTensor)         \
  X(TfLiteInterpreterAllocateTensors)           \
  X(TfLiteInterpreterInvoke)                    \
  X(TfLiteTensorType)                           \
  X(TfLiteTensorNumDims)                        \
  X(TfLiteTensorDim)                            \
  X(TfLiteTensorByteSize)                       \
  X(TfLiteTensorData)                           \
  X(TfLiteTensorName)                           \
  X(TfLiteTensorQuantizationParams)

// A library may lack these, one group or all: the feature is then refused when it is asked for.
#define TFLOPS_XNNPACK_FUNCTIONS(X)      \
  X(TfLiteXNNPackDelegateOptionsDefault) \
  X(TfLiteXNNPackDelegateCreate)         \
  X(TfLiteXNNPackDelegateDelete)

#define TFLOPS_PROFILER_FUNCTIONS(X) X(TfLiteInterpreterOptionsSetTelemetryProfiler)

#define TFLOPS_VARIABLE_FUNCTIONS(X) X(TfLiteInterpreterResetVariableTensors)

#define TFLOPS_ALLOCATION_FUNCTIONS(X) X(TfLiteOpaqueTensorGetAllocationType)

#define TFLOPS_SUBGRAPH_FUNCTIONS(X)  \
  X(TfLiteOpaqueDelegateCreate)       \
  X(TfLiteOpaqueDelegateDelete)       \
  X(TfLiteOpaqueContextGetNumTensors) \
  X(TfLiteOpaqueContextGetOpaqueTensor)

#define TFLOPS_SIGNATURE_FUNCTIONS(X)       \
  X(TfLiteInterpreterGetSignatureCount)     \
  X(TfLiteInterpreterGetSignatureKey)       \
  X(TfLiteInterpreterGetSignatureRunner)    \
  X(TfLiteSignatureRunnerGetInputCount)     \
  X(TfLiteSignatureRunnerGetOutputCount)    \
  X(TfLiteSignatureRunnerGetInputName)      \
  X(TfLiteSignatureRunnerGetOutputName)     \
  X(TfLiteSignatureRunnerGetInputTensor)    \
  X(TfLiteSignatureRunnerGetOutputTensor)   \
  X(TfLiteSignatureRunnerResizeInputTensor) \
  X(TfLiteSignatureRunnerAllocateTensors)   \
  X(TfLiteSignatureRunnerInvoke)            \
  X(TfLiteSignatureRunnerDelete)

#define TFLOPS_OPTIONAL_FUNCTIONS(X) \
  TFLOPS_XNNPACK_FUNCTIONS(X)        \
  TFLOPS_PROFILER_FUNCTIONS(X)       \
  TFLOPS_VARIABLE_FUNCTIONS(X)       \
  TFLOPS_ALLOCATION_FUNCTIONS(X)     \
  TFLOPS_SUBGRAPH_FUNCTIONS(X)       \
  TFLOPS_SIGNATURE_FUNCTIONS(X)
